#version 150
// The light's camera sees depth alone.
void main() {}
