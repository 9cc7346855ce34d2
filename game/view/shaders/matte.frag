#version 150
// White where the characters are, black where something else is.
uniform float matte;
in vec4 color;
in vec2 uv;
uniform float cutoff;     // alpha below which a figure's surface has a hole; 0 for all else
uniform sampler2D p3d_Texture0;
out vec4 pixel;
void main() {
    if (cutoff > 0.0 && color.a * texture(p3d_Texture0, uv).a < cutoff) discard;
    pixel = vec4(vec3(matte), 1.0);
}
