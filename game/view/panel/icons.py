"""Icons: letters of Font Awesome 6 (solid), which is merged into the panel's fonts."""

PLAY, PAUSE, STEP = "\uf04b", "\uf04c", "\uf051"
RESTART, RESET = "\uf01e", "\uf0e2"
PERSON, BODY, GLOBE, FILM = "\uf70c", "\uf183", "\uf0ac", "\uf008"
RECORD, STOP, CAMERA, SAVE = "\uf111", "\uf04d", "\uf030", "\uf0c7"
OPEN, REPLAY, RENAME, DELETE = "\uf07c", "\uf1da", "\uf304", "\uf2ed"
MARK, LIVE = "\uf024", "\uf2f5"
BALL, SHOVE = "\uf434", "\uf256"
