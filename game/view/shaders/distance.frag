#version 150
// How far a pixel is along the line of sight, in tenths of a millimetre over red, green and blue.
in vec3 clip;
in vec4 color;
in vec2 uv;
uniform float cutoff;     // alpha below which a figure's surface has a hole; 0 for all else
uniform sampler2D p3d_Texture0;
out vec4 pixel;
void main() {
    if (cutoff > 0.0 && color.a * texture(p3d_Texture0, uv).a < cutoff) discard;
    float tenths = clamp(floor(clip.z * 10000.0 + 0.5), 0.0, 16777215.0);
    float high = floor(tenths / 65536.0), middle = floor(mod(tenths, 65536.0) / 256.0), low = mod(tenths, 256.0);
    pixel = vec4(vec3(high, middle, low) / 255.0, 1.0);
}
