#version 150
in vec4 color;
in vec2 uv;
out vec4 pixel;
void main() {
    float soft = max(1.0 - dot(uv, uv), 0.0);
    pixel = vec4(color.rgb, color.a * soft * soft);
}
