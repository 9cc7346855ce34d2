"""The panel beside the picture, with everything that can be changed. Drawn with imgui, without Panda3D.

It reads and changes the game through `panel_data.PanelModel`; `panel_window.PanelWindow` puts a `panel.Panel` into a
Panda3D window.
"""
