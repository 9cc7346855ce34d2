"""Policies: ONNX files that drive a character. The only code that knows onnxruntime."""

import os

# Otherwise onnxruntime writes an id of this machine into the user's cache folder and reports to its makers each time
# that it starts. It reads this once, as it is imported; `onnxruntime.disable_telemetry_events` comes too late.
os.environ["ORT_DISABLE_TELEMETRY"] = "1"
