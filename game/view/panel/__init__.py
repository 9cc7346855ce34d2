"""The panel: everything that can be changed, in a card beside the picture. Draws with imgui and knows no Panda3D.

What it shows and whom it asks is `model.PanelModel`; `window.PanelWindow` ties a `panel.Panel` to a Panda3D window.
"""
