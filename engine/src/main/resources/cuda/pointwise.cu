// Arithmetic of two tensors, and of one tensor and numbers: Binary, AddInPlace, Affine, ScaleInPlace, FillInPlace,
// TokenEmbedding.
// Limited by memory bandwidth: every value is read once and written once, 16 bytes at a time where the addresses allow.
#include "share.cuh"

constexpr int BLOCK = 256;

struct Add { __device__ __forceinline__ static float of(float a, float b) { return a + b; } };
struct Sub { __device__ __forceinline__ static float of(float a, float b) { return a - b; } };
struct Mul { __device__ __forceinline__ static float of(float a, float b) { return a * b; } };
struct Div { __device__ __forceinline__ static float of(float a, float b) { return a / b; } };

// y = a (op) b, all of n elements. y may be a: then it is an update in place.
template <typename Op, typename T> __device__ __forceinline__ void binary(const T* a, const T* b, T* y, i64 n) {
    Share<T, BLOCK> mine(n, aligned16(a) && aligned16(b) && aligned16(y));
    float u[mine.N], v[mine.N];
    mine.load(a, u);
    mine.load(b, v);
#pragma unroll
    for (int i = 0; i < mine.N; i++) u[i] = Op::of(u[i], v[i]);
    mine.store(y, u);
}

#define BINARY_KERNEL(NAME, OP, T)                                                                       \
    extern "C" __global__ void __launch_bounds__(BLOCK) NAME(const T* a, const T* b, T* y, i64 n) {      \
        binary<OP>(a, b, y, n);                                                                          \
    }
#define BINARY(SUFFIX, T)                  \
    BINARY_KERNEL(add_##SUFFIX, Add, T)    \
    BINARY_KERNEL(sub_##SUFFIX, Sub, T)    \
    BINARY_KERNEL(mul_##SUFFIX, Mul, T)    \
    BINARY_KERNEL(div_##SUFFIX, Div, T)
FOR_FLOAT_TYPES(BINARY)

// Broadcasting. The launcher drops axes of extent 1 and joins neighbours on which both sides are whole, or the same
// side is repeated. What is left are at most four axes of y; those in front have extent 1.
struct Axes {
    u64 by1, by2, by3;              // fast_divide by the extents of axes 1, 2 and 3
    int n1, n2, n3;                 // these extents
    int a0, a1, a2, a3;             // elements of a between two entries of each axis; 0 where a is repeated
    int b0, b1, b2, b3;
    int count;                      // elements of y, below 2^31
    int vector;                     // see broadcast
    int unused;
};

// The entry i of y on each axis.
struct Index {
    int i0, i1, i2, i3;

    __device__ __forceinline__ Index(u32 i, const Axes& axes) {
        u32 q3 = fast_divide(i, axes.by3), q2 = fast_divide(q3, axes.by2), q1 = fast_divide(q2, axes.by1);
        i0 = (int) q1;
        i1 = (int) (q2 - q1 * axes.n1);
        i2 = (int) (q3 - q2 * axes.n2);
        i3 = (int) (i - q3 * axes.n3);
    }
};

// N neighbours on the last axis: from memory, or one value N times.
template <typename T> __device__ __forceinline__ void load_or_repeat(const T* x, int step, float (&v)[Vec<T>::N]) {
    if (step != 0) {
        load16(x, v);
        return;
    }
    float one = to_f32(*x);
#pragma unroll
    for (int i = 0; i < Vec<T>::N; i++) v[i] = one;
}

// y = a (op) b with broadcasting. vector: the last axis is counted in groups of Vec<T>::N (so are count, n3 and by3,
// and a3 and b3 are N or 0), and y and each side that is whole on it start at a multiple of 16 bytes.
template <typename Op, typename T>
__device__ __forceinline__ void broadcast(const T* a, const T* b, T* y, const Axes& x) {
    constexpr int N = Vec<T>::N;
    if (x.vector) {
        u32 i = blockIdx.x * BLOCK + threadIdx.x;
        if (i >= x.count) return;
        Index at(i, x);
        float u[N], v[N];
        load_or_repeat(a + (at.i0 * x.a0 + at.i1 * x.a1 + at.i2 * x.a2 + at.i3 * x.a3), x.a3, u);
        load_or_repeat(b + (at.i0 * x.b0 + at.i1 * x.b1 + at.i2 * x.b2 + at.i3 * x.b3), x.b3, v);
#pragma unroll
        for (int k = 0; k < N; k++) u[k] = Op::of(u[k], v[k]);
        store16(y + (i64) i * N, u);
        return;
    }
#pragma unroll 1
    for (int k = 0; k < N; k++) {
        u32 i = (blockIdx.x * N + k) * BLOCK + threadIdx.x;
        if (i >= x.count) return;
        Index at(i, x);
        float u = to_f32(a[at.i0 * x.a0 + at.i1 * x.a1 + at.i2 * x.a2 + at.i3 * x.a3]);
        float v = to_f32(b[at.i0 * x.b0 + at.i1 * x.b1 + at.i2 * x.b2 + at.i3 * x.b3]);
        y[i] = from_f32<T>(Op::of(u, v));
    }
}

#define BROADCAST_KERNEL(NAME, OP, T)                                                                \
    extern "C" __global__ void __launch_bounds__(BLOCK)                                              \
        NAME(const T* __restrict__ a, const T* __restrict__ b, T* __restrict__ y, const Axes axes) { \
        broadcast<OP>(a, b, y, axes);                                                                \
    }
#define BROADCAST(SUFFIX, T)                         \
    BROADCAST_KERNEL(add_broadcast_##SUFFIX, Add, T) \
    BROADCAST_KERNEL(sub_broadcast_##SUFFIX, Sub, T) \
    BROADCAST_KERNEL(mul_broadcast_##SUFFIX, Mul, T) \
    BROADCAST_KERNEL(div_broadcast_##SUFFIX, Div, T)
FOR_FLOAT_TYPES(BROADCAST)

// y = scale * x + shift, rounded once; with scale alone there is no sum that could lose the sign of a zero. y may be x.
template <bool SHIFTED, typename T>
__device__ __forceinline__ void affine(const T* x, T* y, float scale, float shift, i64 n) {
    Share<T, BLOCK> mine(n, aligned16(x) && aligned16(y));
    float v[mine.N];
    mine.load(x, v);
#pragma unroll
    for (int i = 0; i < mine.N; i++) v[i] = SHIFTED ? fmaf(v[i], scale, shift) : v[i] * scale;
    mine.store(y, v);
}

// Every element of y becomes value.
template <typename T> __device__ __forceinline__ void fill(T* y, float value, i64 n) {
    Share<T, BLOCK> mine(n, aligned16(y));
    float v[mine.N];
#pragma unroll
    for (int i = 0; i < mine.N; i++) v[i] = value;
    mine.store(y, v);
}

#define WITH_NUMBERS(SUFFIX, T)                                                \
    extern "C" __global__ void __launch_bounds__(BLOCK)                        \
        affine_##SUFFIX(const T* x, T* y, float scale, float shift, i64 n) {   \
        affine<true>(x, y, scale, shift, n);                                   \
    }                                                                          \
    extern "C" __global__ void __launch_bounds__(BLOCK)                        \
        scale_##SUFFIX(const T* x, T* y, float scale, i64 n) {                 \
        affine<false>(x, y, scale, 0.0f, n);                                   \
    }                                                                          \
    extern "C" __global__ void __launch_bounds__(BLOCK)                        \
        fill_##SUFFIX(T* y, float value, i64 n) {                              \
        fill(y, value, n);                                                     \
    }
FOR_FLOAT_TYPES(WITH_NUMBERS)

// N neighbouring float32s, N a multiple of 4; the address must be a multiple of 16.
template <int N> __device__ __forceinline__ void load_floats(const float* x, float (&v)[N]) {
#pragma unroll
    for (int k = 0; k < N; k += 4) {
        Vec<float> part = *(const Vec<float>*) (x + k);
#pragma unroll
        for (int i = 0; i < 4; i++) v[k + i] = part.at[i];
    }
}

// TokenEmbedding: y [N, 1 + P, D] = the class token in front of patches [N, P, D], plus position [1 + P, D]; all but
// the patches in float32, where the residual stream begins. V neighbours at a time; count, row (1 + P) D and width D
// are in groups of V. by: fast_divide by row.
template <int V, typename T>
__device__ __forceinline__ void token_embedding(const T* patches, const float* cls, const float* position, float* y,
                                                int count, u64 by, int row, int width) {
    u32 i = blockIdx.x * BLOCK + threadIdx.x;
    if (i >= count) return;
    i64 sample = fast_divide(i, by);
    int at = (int) (i - sample * row);
    const T* patch = patches + (sample * (row - width) + at - width) * V;
    if constexpr (V == 1) {
        y[i] = (at < width ? cls[at] : to_f32(*patch)) + position[at];
    } else {
        float u[V], v[V];
        if (at < width) load_floats(cls + at * V, u);
        else load16(patch, u);
        load_floats(position + (i64) at * V, v);
#pragma unroll
        for (int k = 0; k < V; k += 4) {
            Vec<float> part;
#pragma unroll
            for (int j = 0; j < 4; j++) part.at[j] = u[k + j] + v[k + j];
            *(Vec<float>*) (y + (i64) i * V + k) = part;
        }
    }
}

#define TOKEN_EMBEDDING(SUFFIX, T)                                                                                \
    extern "C" __global__ void __launch_bounds__(BLOCK)                                                           \
        token_embedding_##SUFFIX(const T* __restrict__ patches, const float* __restrict__ cls,                    \
                                 const float* __restrict__ position, float* __restrict__ y, int vector, int count, \
                                 u64 by, int row, int width) {                                                    \
        if (vector) token_embedding<Vec<T>::N>(patches, cls, position, y, count, by, row, width);                 \
        else token_embedding<1>(patches, cls, position, y, count, by, row, width);                                \
    }
FOR_FLOAT_TYPES(TOKEN_EMBEDDING)
