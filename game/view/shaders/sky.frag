#version 150
uniform mat4 p3d_ViewMatrixInverse;
uniform vec3 sun_direction;
in vec3 position_w;
out vec4 pixel;

float cell(vec2 p) { return fract(sin(dot(p, vec2(127.1, 311.7))) * 43758.5453); }
float noise(vec2 p) {
    vec2 i = floor(p), f = fract(p);
    f = f * f * (3.0 - 2.0 * f);
    return mix(mix(cell(i), cell(i + vec2(1, 0)), f.x), mix(cell(i + vec2(0, 1)), cell(i + vec2(1, 1)), f.x), f.y);
}

void main() {
    vec3 d = normalize(position_w - p3d_ViewMatrixInverse[3].xyz);
    vec3 c = mix(vec3(0.87, 0.92, 0.94), vec3(0.36, 0.60, 0.85), pow(clamp(d.z * 1.7, 0.0, 1.0), 0.55));
    vec2 q = d.xy / (max(d.z, 0.02) + 0.18) * 1.6;
    float f = 0.0, a = 0.5;
    for (int i = 0; i < 4; i++) { f += a * noise(q); q = q * 2.03 + 7.0; a *= 0.5; }
    float cloud = smoothstep(0.46, 0.68, f) * smoothstep(0.02, 0.14, d.z);
    c = mix(c, vec3(1.0, 0.99, 0.97) * mix(0.90, 1.03, f), cloud * 0.85);
    c += vec3(1.0, 0.85, 0.6) * pow(max(dot(d, sun_direction), 0.0), 24.0) * 0.20;
    pixel = vec4(c, 1.0);
}
