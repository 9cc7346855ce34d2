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
