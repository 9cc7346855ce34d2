#version 150
// What a pixel belongs to: one flat colour for every thing.
uniform vec3 thing;
out vec4 pixel;
void main() { pixel = vec4(thing, 1.0); }
