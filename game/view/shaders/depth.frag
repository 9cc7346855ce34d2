#version 150
// The light's camera sees depth alone.
in vec4 color;
in vec2 uv;
uniform float cutoff;     // alpha below which a figure's surface has a hole; 0 for all else
uniform sampler2D p3d_Texture0;
void main() { if (cutoff > 0.0 && color.a * texture(p3d_Texture0, uv).a < cutoff) discard; }
