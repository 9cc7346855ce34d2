#version 150
uniform mat4 p3d_ViewMatrixInverse;
uniform vec3 sun_direction, sun_color;
uniform vec3 horizon, zenith, cloud_color;  // sRGB
uniform vec2 sky_look;    // how much cloud, how bright the stars; above 0 the sun is a moon
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
    vec3 c = mix(horizon, zenith, pow(clamp(d.z * 1.7, 0.0, 1.0), 0.55));
    vec3 warm = sun_color / max(max(sun_color.r, sun_color.g), max(sun_color.b, 0.001));
    float toward = max(dot(d, sun_direction), 0.0);
    // a low sun colours the sky on its side
    float low = clamp(1.0 - sun_direction.z * 1.6, 0.0, 1.0) * (1.0 - sky_look.y);
    c += warm * low * 0.35 * pow(toward, 3.0) * (1.0 - clamp(d.z, 0.0, 1.0));
    if (sky_look.y > 0.0) {
        vec2 at = vec2(atan(d.y, d.x) * 60.0, d.z * 95.0), corner = floor(at);
        vec2 place = at - corner - 0.25 - 0.5 * vec2(cell(corner), cell(corner + 7.0));
        float bright = step(0.86, cell(corner + 31.0)) * (0.4 + 0.6 * cell(corner + 3.0));
        c += sky_look.y * bright * smoothstep(0.10, 0.0, length(place)) * smoothstep(0.03, 0.3, d.z);
    }
    vec2 q = d.xy / (max(d.z, 0.02) + 0.18) * 1.6;
    float f = 0.0, a = 0.5;
    for (int i = 0; i < 4; i++) { f += a * noise(q); q = q * 2.03 + 7.0; a *= 0.5; }
    float cloud = smoothstep(0.46, 0.68, f) * smoothstep(0.02, 0.14, d.z);
    c = mix(c, cloud_color * mix(0.90, 1.03, f), cloud * 0.85 * sky_look.x);
    c += warm * pow(toward, 24.0) * 0.20 * sky_look.x;
    c += sky_look.y * (vec3(0.9, 0.92, 0.95) * smoothstep(0.99930, 0.99945, toward) + vec3(0.10, 0.13, 0.18) * pow(toward, 90.0));
    pixel = vec4(c, 1.0);
}
