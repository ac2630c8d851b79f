// What all kernels share: the element types, 16-byte vectors of them, and sums over a warp and a block in a fixed order.
//
// No CUDA header is included, so nvcc and NVRTC take these files with no include path. float16 and bfloat16 are bit patterns
// with conversions; all arithmetic is done in float32.
#pragma once

typedef unsigned short u16;
typedef unsigned int u32;
typedef unsigned long long u64;
typedef long long i64;

// IEEE binary16 and the upper half of a binary32: storage only.
struct f16 { u16 bits; };
struct bf16 { u16 bits; };

__device__ __forceinline__ float to_f32(float x) { return x; }
__device__ __forceinline__ float to_f32(f16 x) {
    float y;
    asm("cvt.f32.f16 %0, %1;" : "=f"(y) : "h"(x.bits));
    return y;
}
__device__ __forceinline__ float to_f32(bf16 x) { return __uint_as_float((u32) x.bits << 16); }

// Rounds to nearest, ties to even. One function a type, chosen by the template argument: from_f32<f16>(x).
template <typename T> __device__ __forceinline__ T from_f32(float x);
template <> __device__ __forceinline__ float from_f32<float>(float x) { return x; }
template <> __device__ __forceinline__ f16 from_f32<f16>(float x) {
    f16 y;
    asm("cvt.rn.f16.f32 %0, %1;" : "=h"(y.bits) : "f"(x));
    return y;
}
// cvt.rn.bf16.f32 needs compute capability 8.0; by integers it is the same everywhere. NaN keeps its sign and upper payload.
template <> __device__ __forceinline__ bf16 from_f32<bf16>(float x) {
    u32 u = __float_as_uint(x);
    u32 rounded = (u + 0x7fffu + ((u >> 16) & 1u)) >> 16;
    u32 nan = (u >> 16) | 0x40u;
    bf16 y;
    y.bits = (u16) ((u & 0x7fffffffu) > 0x7f800000u ? nan : rounded);
    return y;
}

// 16 bytes of T: one load or store instruction. The address must be a multiple of 16.
template <typename T> struct alignas(16) Vec {
    static constexpr int N = 16 / sizeof(T);
    T at[N];
};
template <typename T> __device__ __forceinline__ bool aligned16(const T* p) { return ((u64) p & 15) == 0; }

// Vec<T>::N neighbours as float32s, and back: one 16-byte access. The address must be a multiple of 16.
template <typename T> __device__ __forceinline__ void load16(const T* p, float (&v)[Vec<T>::N]) {
    Vec<T> x = *(const Vec<T>*) p;
#pragma unroll
    for (int i = 0; i < Vec<T>::N; i++) v[i] = to_f32(x.at[i]);
}
template <typename T> __device__ __forceinline__ void store16(T* p, const float (&v)[Vec<T>::N]) {
    Vec<T> y;
#pragma unroll
    for (int i = 0; i < Vec<T>::N; i++) y.at[i] = from_f32<T>(v[i]);
    *(Vec<T>*) p = y;
}

// The number of this thread in the grid, and how many threads the grid has: for (i = first; i < n; i += all) covers 0..n-1.
__device__ __forceinline__ i64 grid_thread() { return (i64) blockIdx.x * blockDim.x + threadIdx.x; }
__device__ __forceinline__ i64 grid_threads() { return (i64) gridDim.x * blockDim.x; }

// n / d for n < 2^31 by a multiplication. The host computes by = m | (31 + s) << 32 with s = ceil(log2 d) and
// m = ceil(2^(31 + s) / d), which is below 2^32; the error of m makes n m / 2^(31 + s) too large by less than 1 / d.
__device__ __forceinline__ u32 fast_divide(u32 n, u64 by) { return (u32) (((u64) n * (u32) by) >> (by >> 32)); }

// Sum over the 32 threads of a warp; every thread gets it. The order is a butterfly, the same every time.
__device__ __forceinline__ float warp_sum(float x) {
#pragma unroll
    for (int lane = 16; lane > 0; lane >>= 1) x += __shfl_xor_sync(0xffffffffu, x, lane);
    return x;
}
__device__ __forceinline__ float warp_max(float x) {
#pragma unroll
    for (int lane = 16; lane > 0; lane >>= 1) x = fmaxf(x, __shfl_xor_sync(0xffffffffu, x, lane));
    return x;
}

// Sum over a block of at most 1024 threads, a whole number of warps; every thread gets it. scratch: 32 floats of shared memory,
// free to be used again after the call.
__device__ __forceinline__ float block_sum(float x, float* scratch) {
    int warp = threadIdx.x >> 5, lane = threadIdx.x & 31, warps = blockDim.x >> 5;
    x = warp_sum(x);
    if (lane == 0) scratch[warp] = x;
    __syncthreads();
    x = warp_sum(lane < warps ? scratch[lane] : 0.0f);
    __syncthreads();
    return x;
}

// e^(-x^2/2), 0 where float32 ends. The rounding error of x^2 is recovered and applied, else it would count x^2/2 times.
__device__ __forceinline__ float bell(float x) {
    float a = fabsf(x) > 14.6f ? 14.6f : fabsf(x);      // NaN stays NaN
    float half = -0.5f * a, product = a * half;
    float e = expf(product);
    return fmaf(e, fmaf(a, half, -product), e);
}

// Distribution function of the standard normal distribution, (1 + erf(x / sqrt 2)) / 2, given bell(x). With z = |x| / sqrt 2 the
// smaller tail is bell(x) erfcx(z) / 2, where erfcx(z) = e^(z^2) erfc(z) is a polynomial in u = (z - 3) / (z + 3) (the one of the
// cpu backend, see NormalMath). So the negative tail keeps its digits, which 1 + erf would cancel.
__device__ __forceinline__ float normal_cdf(float x, float bell) {
    float z = (fabsf(x) > 14.6f ? 14.6f : fabsf(x)) * 0.70710678f;
    float inverse = 1.0f / (z + 3.0f);
    float v = (z - 3.0f) * inverse;
    float u = fmaf(inverse, fmaf(-v, z, fmaf(v + 1.0f, -3.0f, z)), v);       // what the roundings of v took away
    float p = fmaf(0.5f * 5.4191256e-05f, u, 0.5f * 3.0540792e-05f);
    p = fmaf(p, u, 0.5f * -0.0005871971f);
    p = fmaf(p, u, 0.5f * 0.00071686844f);
    p = fmaf(p, u, 0.5f * 0.004264242f);
    p = fmaf(p, u, 0.5f * -0.02439515f);
    p = fmaf(p, u, 0.5f * 0.07166693f);
    p = fmaf(p, u, 0.5f * -0.15011565f);
    p = fmaf(p, u, 0.5f * 0.24560371f);
    p = fmaf(p, u, 0.5f * -0.32623357f);
    p = fmaf(p, u, 0.5f * 0.17900115f);
    float tail = p * bell;
    return x < 0.0f ? tail : 1.0f - tail;
}

// Exact GELU, x Phi(x), and its derivative, Phi(x) + x phi(x).
__device__ __forceinline__ float gelu(float x) { return x * normal_cdf(x, bell(x)); }
__device__ __forceinline__ float gelu_derivative(float x) {
    float b = bell(x);
    return fmaf(x * 0.39894228f, b, normal_cdf(x, b));
}

// Makes NAME_f32, NAME_f16 and NAME_bf16 of a macro that takes the suffix and the element type.
#define FOR_FLOAT_TYPES(KERNEL) \
    KERNEL(f32, float)          \
    KERNEL(f16, f16)            \
    KERNEL(bf16, bf16)
