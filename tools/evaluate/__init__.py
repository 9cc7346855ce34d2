"""Measures policies: `python -m tools.evaluate policies/NAME.onnx`."""
