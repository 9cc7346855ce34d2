#version 150
// White where the characters are, black where something else is.
uniform float matte;
out vec4 pixel;
void main() { pixel = vec4(vec3(matte), 1.0); }
