// What the avatar is dressed in: cloth that folds where it is pressed together, skin that creases, hair in strands.
// Patterns lie on the body as it stands straight (limb_place), so they stay on their limb.
in vec4 limb_place;
in vec2 pressed;

const float FOLD = 0.052;  // m from fold to fold

bool is_cloth() { return limb_place.w > 0.5 && limb_place.w < 1.5; }
bool is_skin() { return limb_place.w > 1.5 && limb_place.w < 2.5; }
bool is_hair() { return limb_place.w > 2.5; }

// Folds of pressed cloth, 0 in the valleys and 1 on top: like a tube that is crushed, slanting one way here and the
// other way there; a twisted limb turns them into a screw.
float folds(vec3 r, float period) {
    float wander = 0.014 * sin(r.x * 23.0 + r.z * 15.0) + 0.009 * sin(r.y * 31.0 - r.z * 21.0 + 1.0);
    float screw = pressed.y * 0.14 * r.y * clamp(r.x * 25.0, -1.0, 1.0);
    float slant = 0.75 * (r.x + r.y), level = r.z + wander + screw, k = 3.14159 / period;
    float one = sin((level + slant) * k), other = sin((level - slant) * 0.83 * k);
    vec2 fold = vec2(one * one, other * other);
    fold = fold * (1.4 - 0.4 * fold);
    return mix(fold.x, fold.y, smoothstep(-0.5, 0.5, sin(r.y * 26.0 + 1.7 * sin(r.z * 14.0) + r.x * 19.0)));
}

#if TAPS > 1
// The height of cloth above the mesh, m; `fold` is what folds() gives there, `pixel` the size of a pixel, m.
float cloth_height(vec3 r, float fold, float pixel) {
    float coarse = 1.0 - smoothstep(0.006, 0.02, pixel), fine = 1.0 - smoothstep(0.002, 0.006, pixel);
    // beside the folds of bending some that hang down the body, and the seams along its sides
    float hang = sin(r.y * 48.0 + 1.6 * sin(r.z * 13.0 + r.x * 8.0)) * sin(r.z * 11.0 + 2.0 * sin(r.y * 9.0));
    float seam = exp(-r.x * r.x * 2.5e5) * step(0.02, abs(r.y));
    return coarse * (0.016 * min(pressed.x, 1.2) * fold + 0.0032 * hang) - fine * 0.0007 * seam;
}

float skin_height(vec3 r, float pixel) {
    return 0.0014 * clamp(pressed.x - 0.3, 0.0, 1.0) * folds(r, 0.016) * (1.0 - smoothstep(0.002, 0.006, pixel));
}

// Strands that run from the whorl at the back of the crown. x: clumps, y: single strands, each -1..1; `way` is the
// same all along a strand.
vec2 strands(vec3 h, float pixel, out float way) {
    vec3 d = h - vec3(0.0, 0.0, 0.19);
    vec3 crown = normalize(vec3(-0.42, 0.10, 0.90)), side = normalize(cross(crown, vec3(0.0, 1.0, 0.0)));
    float around = atan(dot(d, cross(crown, side)), dot(d, side));
    float far = acos(clamp(dot(normalize(d), crown), -1.0, 1.0));
    way = around + 0.05 * sin(far * 5.0 + 2.0 * sin(around * 2.0)) + 0.012 * sin(around * 13.0 + far * 9.0);
    float clumps = 0.6 * sin(way * 31.0 + far) + 0.4 * sin(way * 53.0 - 2.0 * far);
    vec2 hair = vec2(clumps, 0.6 * sin(way * 197.0 + sin(far * 13.0)) + 0.4 * sin(way * 331.0));
    // finer than pixels: near the whorl, and from far away
    float turn = 2.0 * pixel / (length(d) * max(sin(far), 0.02));
    return hair * smoothstep(0.03, 0.30, far) * (1.0 - smoothstep(0.6, 2.0, turn * vec2(53.0, 264.0)));
}

// How steeply a value grows over the surface, from how much it grows to the next pixel across and along.
// Mikkelsen, "Bump Mapping Unparametrized Surfaces on the GPU" (2010).
vec3 gradient(vec3 n, vec2 growth) {
    vec3 across = dFdx(position_w), along = dFdy(position_w), a = cross(along, n), b = cross(n, across);
    float area = dot(across, a);
    return (growth.x * a + growth.y * b) * sign(area) / max(abs(area), 1e-12);
}

vec3 tilted(vec3 n, vec3 view, vec3 uphill) {
    uphill *= 0.9 / max(length(uphill), 0.9);  // where the mesh is squashed the slope knows no bounds
    return normalize(n - uphill * smoothstep(0.03, 0.35, dot(n, view)));  // derivatives are rough at a grazing angle
}

// Tilts the normal, tints the colour and darkens the valleys. `strand`: the direction of the hair.
void dress(inout vec3 n, inout vec3 base, inout float open, vec3 view, out vec3 strand) {
    strand = vec3(0.0);
    vec3 r = limb_place.xyz, right = dFdx(r), up = dFdy(r);
    float pixel = max(length(dFdx(position_w)), length(dFdy(position_w)));
    if (is_hair()) {
        float way;
        vec2 hair = strands(r, pixel, way);
        float height = 0.0009 * hair.x + 0.00012 * hair.y;
        strand = normalize(cross(n, gradient(n, vec2(dFdx(way), dFdy(way)))) + 1e-6);
        n = tilted(n, view, gradient(n, vec2(dFdx(height), dFdy(height))));
        base *= 1.0 + 0.22 * hair.x + 0.30 * hair.y;
        open *= 1.0 + 0.15 * min(hair.x, 0.0);
    } else if (is_cloth()) {
        // the differences are of this very pixel: derivatives by the GPU are of two by two, and hatch the folds
        float fold = folds(r, FOLD), here = cloth_height(r, fold, pixel);
        vec2 there = vec2(cloth_height(r + right, folds(r + right, FOLD), pixel), cloth_height(r + up, folds(r + up, FOLD), pixel));
        n = tilted(n, view, gradient(n, there - here));
        open *= 1.0 - 0.5 * min(pressed.x, 1.0) * (1.0 - fold);
    } else if (is_skin()) {
        float here = skin_height(r, pixel);
        n = tilted(n, view, gradient(n, vec2(skin_height(r + right, pixel), skin_height(r + up, pixel)) - here));
    }
}

// Light comes out of skin beside where it went in, red the farthest: into the shadow side.
vec3 skin_creep(float facing, float half_lit) {
    const vec3 spread = vec3(0.58, 0.37, 0.27);
    return min(clamp((facing + spread) / (1.0 + spread), 0.0, 1.0) / max(half_lit, 0.05), 1.5);
}

// Light from behind that comes through ears, fingers and the rim of a face.
vec3 through_skin(vec3 n, vec3 view) {
    float behind = clamp(dot(-view, sun_direction), 0.0, 1.0), edge = 1.0 - abs(dot(n, view));
    return sun_color * vec3(0.50, 0.12, 0.06) * behind * behind * edge * edge;
}

// Each strand of hair shines across its length: Kajiya and Kay, "Rendering Fur" (1989).
vec3 hair_shine(vec3 base, vec3 strand, vec3 halfway, float facing_eye) {
    float off = dot(strand, halfway);
    return 0.9 * (0.04 + base) * pow(max(1.0 - off * off, 0.0), 40.0) * smoothstep(0.05, 0.4, facing_eye);
}
#else
// What software can afford: only the valleys are darker.
void dress(inout vec3 base) {
    if (is_cloth() && pressed.x > 0.05) base *= 1.0 - 0.35 * min(pressed.x, 1.0) * (1.0 - folds(limb_place.xyz, FOLD));
}
#endif
