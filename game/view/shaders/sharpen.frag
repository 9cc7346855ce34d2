#version 150
// A smaller picture enlarged: what differs from its neighbours is made to differ more, within their range, so that no
// halo is seen.
uniform sampler2D picture;
uniform vec2 texel;       // of the smaller picture, 0..1
in vec2 at;
out vec4 pixel;
void main() {
    vec3 c = texture(picture, at).rgb;
    vec3 a = texture(picture, at + texel * vec2(0.8, 0.5)).rgb, b = texture(picture, at - texel * vec2(0.5, 0.8)).rgb;
    pixel = vec4(clamp(c + 0.45 * (c - 0.5 * (a + b)), min(min(a, b), c) - 0.02, max(max(a, b), c) + 0.02), 1.0);
}
