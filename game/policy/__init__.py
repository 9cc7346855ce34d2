"""Policies: ONNX files that drive a character. The only code that knows onnxruntime."""
