#version 150
// A sun with a soft shadow, a sky, light thrown back by the ground, one warm lamp, and what stands near hides a
// little of all that. TAPS, BLOBS and CONTACT_HARDENING come from the quality tier.
uniform sampler2D p3d_Texture0;
uniform mat4 p3d_ViewMatrixInverse;
uniform vec3 sun_direction, sun_color, sky_color, bounce_color, fog_color;
uniform vec4 look;        // exposure, vignette, fog density, shadow softness
uniform vec4 lamp;        // place, reach
uniform vec3 lamp_color;
uniform float lamp_key;   // 0: the lamp is a soft glow; 1: the light of the room, which casts shadows
uniform vec3 daylight;    // what glowing surfaces show
uniform vec4 backdrop;    // the horizon's colour, sRGB; 1 where the floor goes over into it, else 0
#if FEET
uniform vec4 feet[4];     // of each foot: middle of the sole and half its length; its direction, half its width, 1
#endif
uniform vec4 room;        // low x, low y, high x, high y: walls darken their corners
uniform float opacity;
#if PHOTO
uniform float photo;      // above 0: the surface shows the photograph as it is, shaded where new shadows fall
#endif
uniform float glow;       // how much of its own light a glowing surface gives, 0..1
uniform sampler2D ground_shade;
uniform vec4 ground_rect;  // low x, low y, width, length
#if TAPS > 0
uniform sampler2DShadow shadow_map;
#endif
#if CONTACT_HARDENING
uniform sampler2D shadow_depth;
#endif
#if FIGURE
uniform float cutoff;
uniform sampler2D normal_map, finish_map, glow_map;
uniform vec4 figure_look;  // strength of the normals, metal, 1 for unlit and 2 for toon, opaque
uniform vec4 toon_shade;   // colour of the dark side, where it begins
uniform vec4 emission;     // colour, how sharp a toon's dark side ends
#endif
#if BLOBS > 0
uniform vec4 blobs[BLOBS];
#endif

in vec3 position_w;
in vec3 normal_w;
in vec4 color;
in vec4 finish;
in vec2 uv;
in vec3 shadow_uvz;
in vec3 clip;
#if PHOTO
in vec3 photo_uvw;
#endif
out vec4 pixel;

#include "body.glsl"

float noise(vec2 p) { return fract(52.9829189 * fract(dot(p, vec2(0.06711056, 0.00583715)))); }

#if TAPS > 0
float sunlight(float facing) {
    vec3 s = shadow_uvz;
    if (any(lessThan(s, vec3(0.0))) || any(greaterThan(s, vec3(1.0)))) return 1.0;
    s.z -= mix(0.0007, 0.0003, clamp(facing, 0.0, 1.0));
#if TAPS == 1
    float lit = texture(shadow_map, s);
#else
    float turn = 6.2831853 * noise(gl_FragCoord.xy), radius = look.w;
#if CONTACT_HARDENING
    float blockers = 0.0, depth = 0.0;
    for (int i = 0; i < 8; i++) {
        float r = sqrt((float(i) + 0.5) / 8.0) * look.w * 3.0, a = turn + 2.39996 * float(i);
        float z = texture(shadow_depth, s.xy + r * vec2(cos(a), sin(a))).x;
        if (z < s.z) { blockers += 1.0; depth += z; }
    }
    if (blockers < 0.5) return 1.0;
    // the farther the blocker, the wider the penumbra
    radius = look.w * clamp((s.z - depth / blockers) * 34.0, 0.55, 3.0);
#endif
    float lit = 0.0;
    for (int i = 0; i < TAPS; i++) {
        float r = sqrt((float(i) + 0.5) / float(TAPS)) * radius, a = turn + 2.39996 * float(i);
        lit += texture(shadow_map, vec3(s.xy + r * vec2(cos(a), sin(a)), s.z));
    }
    lit /= float(TAPS);
#endif
    vec2 edge = smoothstep(vec2(0.0), vec2(0.06), min(shadow_uvz.xy, 1.0 - shadow_uvz.xy));
    return mix(1.0, lit, edge.x * edge.y);
}
#endif

// ACES by Narkowicz, 2015
vec3 film(vec3 x) { return clamp((x * (2.51 * x + 0.03)) / (x * (2.43 * x + 0.59) + 0.14), 0.0, 1.0); }

#if TAPS > 1
vec3 linear(vec3 c) { return pow(c, vec3(2.2)); }
vec3 screen(vec3 c) { return pow(c, vec3(1.0 / 2.2)); }
vec3 fade(vec3 x) { return exp(-x); }
#else  // what software can afford: within a few percent of the same
vec3 linear(vec3 c) { return c * c * (0.9 + 0.1 * c); }
vec3 screen(vec3 c) { return sqrt(c); }
vec3 fade(vec3 x) { x = 1.0 + x * 0.25; x *= x; return 1.0 / (x * x); }
#endif

#if FEET
// How much of the light a foot takes away right under it and beside it, 0..1.
float under_foot(vec4 sole, vec4 lie) {
    vec3 away = position_w - sole.xyz;
    vec2 flat_ = vec2(dot(away.xy, lie.xy), dot(away.xy, vec2(-lie.y, lie.x)));
    float beside = length(max(abs(flat_) - vec2(sole.w, lie.z) + 0.03, 0.0));
    float above = max(-away.z, 0.0);
    return lie.w * smoothstep(0.11 + above, 0.0, beside) * fade(vec3(above * 16.0)).x * step(away.z, 0.03);
}
#endif

#if BLOBS > 0
// The share of the lamp's light that the spheres of a body leave.
float past_body(vec3 to_lamp, float far) {
    float left = 1.0;
    vec3 way = to_lamp / far;
    for (int i = 0; i < BLOBS; i++) {
        vec3 d = blobs[i].xyz - position_w;
        float along = dot(d, way), size = blobs[i].w;
        float beside = length(d - way * along);
        float blur = 0.03 + 0.12 * clamp(along, 0.0, far);
        float covered = 1.0 - smoothstep(size - blur, size + blur, beside);
        left *= 1.0 - covered * smoothstep(0.0, size * 1.3, along - size * 0.4) * step(along, far);
    }
    return left;
}
#endif

#if FIGURE && TAPS > 1
// A normal map without tangents: Schüler, "Normal Mapping without Precomputed Tangents" (ShaderX 5, 2006).
vec3 bumped(vec3 n, float strength) {
    vec3 across = dFdx(position_w), along = dFdy(position_w);
    vec2 u = dFdx(uv), v = dFdy(uv);
    vec3 a = cross(along, n), b = cross(n, across);
    vec3 t = a * u.x + b * v.x, s = a * u.y + b * v.y;
    float size = max(dot(t, t), dot(s, s));
    if (size < 1e-20) return n;
    vec3 m = texture(normal_map, uv).xyz * 2.0 - 1.0;
    return normalize((t * m.x + s * m.y) * strength * inversesqrt(size) + n * max(m.z, 0.05));
}
#endif

#if PHOTO
// The photograph, sRGB; beyond its edges its blurred mirror image, and farther out the surface's own colour.
vec3 photograph() {
    vec2 at = photo_uvw.xy / max(photo_uvw.z, 1e-4);
    vec2 beyond = max(abs(at - 0.5) - 0.5, 0.0);
    float outside = max(beyond.x, beyond.y);
    vec2 mirrored = clamp(1.0 - abs(1.0 - mod(at, 2.0)), 0.0, 1.0);
    vec3 shown = texture(p3d_Texture0, mirrored, min(outside * 16.0, 6.0)).rgb;
    return mix(shown, color.rgb, photo_uvw.z > 1e-3 ? smoothstep(0.15, 0.75, outside) : 1.0);
}
#endif

void main() {
    vec3 n = normalize(normal_w), eye = p3d_ViewMatrixInverse[3].xyz, view = normalize(eye - position_w);
    if (!gl_FrontFacing) n = -n;
#if FIGURE
    vec4 texel = texture(p3d_Texture0, uv);
    float cover = figure_look.w > 0.5 ? 1.0 : texel.a * color.a;
    if (cover < cutoff) discard;
    vec3 base = linear(color.rgb) * linear(texel.rgb);
    float rough = finish.x, wrap = finish.y, open = 1.0;
#if TAPS > 1
    if (figure_look.x > 0.0) n = bumped(n, figure_look.x);
    vec3 polish = texture(finish_map, uv).rgb;
    rough *= polish.g;
    // what is metal mirrors a room that is not there: it is drawn as a glossy paint of its colour
    rough = mix(rough, min(rough, 0.45), figure_look.y * polish.b);
#endif
    rough = max(rough, 0.08);
#else
#if PHOTO
    vec3 base = photo > 0.5 ? vec3(0.0) : linear(color.rgb) * texture(p3d_Texture0, uv).rgb;
#else
    vec3 base = linear(color.rgb) * texture(p3d_Texture0, uv).rgb;
#endif
    float rough = max(finish.x, 0.08), wrap = finish.y, open = color.a;
#endif
#if BODY && TAPS > 1
    vec3 strand;
    dress(n, base, open, view, strand);
#elif BODY
    dress(base);
#endif
#if FEET
    float foot = n.z > 0.6 ? 1.0 - (1.0 - under_foot(feet[0], feet[1])) * (1.0 - under_foot(feet[2], feet[3])) : 0.0;
    if (wrap > 0.3) foot = 0.0;  // not his own skin and shoes
#else
    const float foot = 0.0;
#endif
    open *= 1.0 - 0.62 * foot;
    if (position_w.z < 0.03 && n.z > 0.5) open *= texture(ground_shade, (position_w.xy - ground_rect.xy) / ground_rect.zw).r;
    float facing = dot(n, sun_direction), half_lit = clamp((facing + wrap) / (1.0 + wrap), 0.0, 1.0);
    float sun = half_lit;
#if TAPS > 0
    if (half_lit > 0.0) sun *= sunlight(facing);
#endif
#if FIGURE
    if (figure_look.z > 0.5) {  // painted light: a texture as it is, or in two tones
        vec3 flat_light = vec3(1.0);
        if (figure_look.z > 1.5) {
            float edge = max(1.0 - emission.w, 0.02), shadow = 1.0;
#if TAPS > 0
            shadow = facing > -0.2 ? sunlight(facing) : 0.0;
#endif
            float bright = clamp((facing + toon_shade.w + edge) / (2.0 * edge), 0.0, 1.0) * shadow;
            base *= mix(toon_shade.rgb, vec3(1.0), bright);
            vec3 day = sky_color * 0.55 + bounce_color * 0.25 + sun_color * 0.42;
            float level = max(max(day.r, day.g), max(day.b, 0.001));
            flat_light = mix(vec3(1.0), day / level, 0.35) * clamp(level * look.x, 0.55, 1.0);
        }
        vec3 shown = base * flat_light + emission.rgb * linear(texture(glow_map, uv).rgb);
        shown = mix(fog_color, shown, fade(vec3(length(eye - position_w) * look.z)).x);
        pixel = vec4(screen(clamp(shown, 0.0, 1.0)), opacity * cover);
        return;
    }
#endif

    sun *= 1.0 - 0.55 * foot;
    float hidden = open;
#if PHOTO
    if (photo > 0.5) hidden = 1.0 - 0.62 * foot;
#endif
#if BLOBS > 0
    float near_strength = wrap > 0.3 ? 0.12 : 0.55;  // a body barely hides its own sky
    for (int i = 0; i < BLOBS; i++) {
        vec3 d = blobs[i].xyz - position_w;
        float l2 = dot(d, d), c = dot(n, d) * inversesqrt(l2);
        hidden *= 1.0 - near_strength * clamp(c, 0.0, 1.0) * clamp(blobs[i].w * blobs[i].w / l2, 0.0, 1.0);
    }
#endif
#if PHOTO
    if (photo > 0.5) {  // its light is in it already: only what the characters take away is missing
        vec3 sky = mix(bounce_color, sky_color, 0.5 + 0.5 * n.z), direct = sun_color * half_lit;
        vec3 left = (sky * hidden + sun_color * sun) / (sky + direct);
        pixel = vec4(photograph() * screen(left), opacity);
        return;
    }
#endif
    vec2 wall = min(position_w.xy - room.xy, room.zw - position_w.xy);
    vec3 crevice = 0.36 * fade(max(vec3(wall, position_w.z), 0.0) * vec3(3.2, 3.2, 5.0)) * (1.0 - abs(n));
    hidden *= (1.0 - crevice.x) * (1.0 - crevice.y) * (1.0 - crevice.z);

    vec3 ambient = mix(bounce_color, sky_color, 0.5 + 0.5 * n.z) * hidden;
    // a broad soft fill from where the camera is, so that faces never drown
    ambient += sky_color * 0.16 * (0.5 + 0.5 * dot(n, view)) * hidden;
    vec3 to_lamp = lamp.xyz - position_w;
    float reach = dot(to_lamp, to_lamp);
    float turned = 0.4 - 0.28 * lamp_key;
    float lamplight = lamp.w / (reach + mix(0.12, 0.8, lamp_key))
        * clamp(dot(n, to_lamp) * inversesqrt(reach) * (1.0 - turned) + turned, 0.0, 1.0);
#if BLOBS > 0
    if (lamp_key > 0.0 && wrap <= 0.3) lamplight *= mix(1.0, past_body(to_lamp, sqrt(reach)), lamp_key);
#endif
    ambient += lamp_color * lamplight * (1.0 - 0.7 * foot * lamp_key);

    vec3 creep = mix(vec3(1.0), vec3(1.08, 0.80, 0.66), wrap * 2.0 * (1.0 - half_lit));
#if BODY && TAPS > 1
    if (is_skin()) {
        creep = skin_creep(facing, half_lit);
        ambient += through_skin(n, view) * hidden;
    }
#endif
    vec3 c = base * (ambient + sun_color * sun * creep * mix(0.75, 1.0, open));

#if TAPS > 1
    vec3 h = normalize(sun_direction + view);
    float nh = clamp(dot(n, h), 0.0, 1.0), nv = clamp(dot(n, view), 0.0, 1.0), a2 = rough * rough * rough * rough;
    float d = nh * nh * (a2 - 1.0) + 1.0;
    float lobe = min(a2 / (3.14159 * d * d), 14.0) * 0.25 / max(0.3, 0.5 + 0.5 * nv);
    float fresnel = 0.04 + 0.96 * pow(1.0 - clamp(dot(h, view), 0.0, 1.0), 5.0);
    c += sun_color * lobe * fresnel * sun * max(facing, 0.0) * 2.0;
#if BODY
    if (is_hair()) c += sun_color * sun * hidden * hair_shine(base, strand, h, nv);
#endif
    // a normal that looks away, as at the rim of a coarse mesh, is no edge that shines
    float rim = pow(1.0 - nv, 4.0) * (0.35 + 0.65 * max(n.z, 0.0)) * smoothstep(-0.25, 0.02, dot(n, view));
    c += sky_color * rim * finish.w * hidden * (1.0 - 0.45 * rough);
    c += sky_color * 0.22 * (1.0 - rough) * (1.0 - rough) * (0.3 + 0.7 * max(reflect(-view, n).z, 0.0)) * hidden;
#endif
    c = mix(c, base * 1.6 * daylight, finish.z * glow);
#if FIGURE
    c += emission.rgb * linear(texture(glow_map, uv).rgb);
#endif

    float alpha = opacity;
    if (finish.w > 1.5) {  // water and ice: they mirror the sky and the sun, the more the flatter one looks
        vec3 mirrored = reflect(-view, n);
        float grazing = 1.0 - clamp(dot(n, view), 0.0, 1.0), schlick = grazing * grazing;
        schlick = 0.10 + 0.90 * schlick * schlick * grazing;
        float glint = smoothstep(0.80, 0.98, dot(mirrored, sun_direction)) * sun;
        vec3 bright = sky_color * (0.9 + 1.5 * max(mirrored.z, 0.0)) + sun_color * glint;
        float strength = clamp(schlick * 1.6 + glint, 0.0, 1.0);
        c = mix(c, bright, strength);
        alpha = mix(opacity, 1.0, strength);
    }

    c = mix(fog_color, c, fade(vec3(length(eye - position_w) * look.z)).x);
    vec2 q = clip.xy / clip.z * 0.5;
    c *= 1.0 - look.y * dot(q, q);
    c = screen(film(c * look.x));
    c = mix(c, c * c * (3.0 - 2.0 * c), 0.18);
    if (backdrop.w > 0.5 && position_w.z < 0.003) c = mix(c, backdrop.rgb, smoothstep(3.5, 17.0, length(eye.xy - position_w.xy)));
#if TAPS > 1
    c += (noise(gl_FragCoord.yx + 3.0) - 0.5) / 255.0;
#endif
#if FIGURE
    alpha *= cover;
#endif
    pixel = vec4(c, alpha);
}
