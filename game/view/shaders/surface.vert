#version 150
// Everything that is lit. With `skinned` above 0 the vertex follows its joints by dual quaternion blending
// (Kavan et al. 2007), which keeps the volume of bent limbs.
uniform mat4 p3d_ViewProjectionMatrix;
uniform mat4 p3d_ModelMatrix;
uniform mat4 shadow_matrix;
uniform float skinned;
uniform float soft;       // above 0: a cushion, dented by the spheres of a body
uniform vec4 dents[NUM_DENTS];
#if PHOTO
uniform mat4 photo_matrix;  // to the photograph: u w, v w, w; of the part where the set file puts it
#endif
uniform vec4 joint_real[NUM_JOINTS];
uniform vec4 joint_dual[NUM_JOINTS];

#if BODY
uniform vec4 bend_center[NUM_BENDS];  // on the straight body: place of a joint, 1 / reach squared
uniform vec4 bend[NUM_BENDS];         // the side that is pressed together, 0..1 long; twist; depth of its folds
in vec4 limb;                         // place on the straight body, kind of material
out vec4 limb_place;
out vec2 pressed;                     // how much the surface is pressed together, and how far it is twisted
#endif

in vec4 p3d_Vertex;
in vec3 p3d_Normal;
in vec4 p3d_Color;
in vec2 p3d_MultiTexCoord0;
in vec4 surface;
in vec4 joint;
in vec4 weight;

out vec3 position_w;
out vec3 normal_w;
out vec4 color;
out vec4 finish;
out vec2 uv;
out vec3 shadow_uvz;
out vec3 clip;
#if PHOTO
out vec3 photo_uvw;
#endif

void main() {
    vec4 p = p3d_Vertex;
#if PHOTO
    photo_uvw = (photo_matrix * p).xyw;
#endif
    vec3 n = p3d_Normal;
    if (skinned > 0.5) {
        vec4 first = joint_real[int(joint.x)];
        vec4 real = first * weight.x;
        vec4 dual = joint_dual[int(joint.x)] * weight.x;
        for (int i = 1; i < 4; i++) {
            vec4 r = joint_real[int(joint[i])];
            float w = dot(first, r) < 0.0 ? -weight[i] : weight[i];
            real += r * w;
            dual += joint_dual[int(joint[i])] * w;
        }
        float size = 1.0 / length(real);
        real *= size;
        dual *= size;
        p.xyz += 2.0 * cross(real.xyz, cross(real.xyz, p.xyz) + real.w * p.xyz);
        p.xyz += 2.0 * (real.w * dual.xyz - dual.w * real.xyz + cross(real.xyz, dual.xyz));
        n += 2.0 * cross(real.xyz, cross(real.xyz, n) + real.w * n);
    }
#if BODY
    limb_place = limb;
    pressed = vec2(0.0);
    if (limb.w > 0.5 && limb.w < 2.5) {
        for (int i = 0; i < NUM_BENDS; i++) {
            vec3 away = limb.xyz - bend_center[i].xyz;
            float near = exp(-dot(away, away) * bend_center[i].w);
            float towards = dot(away.xy, bend[i].xy) / (length(away.xy) + 0.015);
            // even where nothing bends, cloth that was bent there before is not smooth
            pressed += near * bend[i].w * vec2(max(towards + 0.25 * length(bend[i].xy), 0.0) + 0.14, bend[i].z);
        }
    }
#endif
    vec4 world = p3d_ModelMatrix * p;
    normal_w = mat3(p3d_ModelMatrix) * n;
    if (soft > 0.0) {
        for (int i = 0; i < NUM_DENTS; i++) {
            vec3 away = world.xyz - dents[i].xyz;
            float far = length(away), reach = dents[i].w * 1.5;
            float depth = max(reach - far, 0.0);
            depth = depth * depth / (depth + 0.05);  // the rim of a dent is round
            vec3 inward = normalize(away - normal_w * max(dot(away, normal_w), 0.0) * 0.5 + 1e-5);
            world.xyz += soft * depth * inward;
            normal_w = normalize(normal_w - soft * 2.2 * depth / reach * (away / max(far, 1e-4) - normal_w * dot(away, normal_w) / max(far, 1e-4)));
        }
    }
    position_w = world.xyz;
    color = p3d_Color;
    finish = surface;
    uv = p3d_MultiTexCoord0;
    // a little out along the normal: what is lit at a grazing angle must not shade itself
    shadow_uvz = (shadow_matrix * vec4(world.xyz + normalize(normal_w) * SHADOW_OFFSET, 1.0)).xyz;
    gl_Position = p3d_ViewProjectionMatrix * world;
    clip = gl_Position.xyw;
}
