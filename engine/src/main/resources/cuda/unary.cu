// y = f(x) for every element, and dx = dy f'(v): Unary and UnaryBackward, with the functions of Unary.Kind. Where the
// derivative is computed from y = f(x), v is y; else v is x.
//
// The functions keep the digits that the specification has: no fast approximations, GELU by the small tail of the
// normal distribution (fathom.cuh), 1 / sqrt(x) by two correctly rounded operations instead of rsqrt.approx.
#include "share.cuh"

constexpr int BLOCK = 256;

__device__ __forceinline__ float logistic(float x) { return 1.0f / (1.0f + expf(-x)); }

// f and f' of each kind. Comparisons are written so that NaN stays NaN.
struct Relu {
    __device__ __forceinline__ static float value(float x) { return x < 0.0f ? 0.0f : x; }
    __device__ __forceinline__ static float gradient(float y, float dy) { return y <= 0.0f ? 0.0f : dy; }
};
struct Gelu {
    __device__ __forceinline__ static float value(float x) { return gelu(x); }
    __device__ __forceinline__ static float gradient(float x, float dy) { return dy * gelu_derivative(x); }
};
// The same for results that are rounded to 16 bits: within 2e-7 by half the instructions, so that memory is the limit
// again. bell by one ex2.approx; u from an approximate reciprocal; the tail's polynomial in u of degree 7, which adds
// at most 6e-9.
struct Gelu16 {
    __device__ __forceinline__ static float value(float x) { return gelu(x); }
    __device__ __forceinline__ static float gradient(float x, float dy) {
        float a = fminf(fabsf(x), 14.6f), bell, inverse;
        asm("ex2.approx.ftz.f32 %0, %1;" : "=f"(bell) : "f"(a * a * -0.72134752f));       // e^(-x^2/2), log2(e) / 2
        asm("rcp.approx.ftz.f32 %0, %1;" : "=f"(inverse) : "f"(fmaf(a, 0.70710678f, 3.0f)));
        float u = fmaf(a, 0.70710678f, -3.0f) * inverse;
        float p = fmaf(0.0011610185f, u, 0.0030542584f);
        p = fmaf(p, u, -0.011656735f);
        p = fmaf(p, u, 0.035987534f);
        p = fmaf(p, u, -0.075045831f);
        p = fmaf(p, u, 0.1227988f);
        p = fmaf(p, u, -0.16311729f);
        p = fmaf(p, u, 0.089500569f);
        float cdf = x < 0.0f ? p * bell : fmaf(-p, bell, 1.0f);
        return dy * fmaf(x * 0.39894228f, bell, cdf);
    }
};
template <typename T> struct GeluFor : Gelu16 {};
template <> struct GeluFor<float> : Gelu {};
struct Sigmoid {
    __device__ __forceinline__ static float value(float x) { return logistic(x); }
    __device__ __forceinline__ static float gradient(float y, float dy) { return dy * (y * (1.0f - y)); }
};
struct Silu {
    __device__ __forceinline__ static float value(float x) { return x * logistic(x); }
    __device__ __forceinline__ static float gradient(float x, float dy) {
        return dy * (logistic(x) * (1.0f + x * logistic(-x)));
    }
};
struct Tanh {
    __device__ __forceinline__ static float value(float x) { return tanhf(x); }
    __device__ __forceinline__ static float gradient(float y, float dy) { return dy * fmaf(-y, y, 1.0f); }
};
struct Exp {
    __device__ __forceinline__ static float value(float x) { return expf(x); }
    __device__ __forceinline__ static float gradient(float y, float dy) { return dy * y; }
};
struct Log {
    __device__ __forceinline__ static float value(float x) { return logf(x); }
    __device__ __forceinline__ static float gradient(float x, float dy) { return dy / x; }
};
struct Sqrt {
    __device__ __forceinline__ static float value(float x) { return sqrtf(x); }
    __device__ __forceinline__ static float gradient(float y, float dy) { return 0.5f * dy / y; }
};
struct Rsqrt {
    __device__ __forceinline__ static float value(float x) { return 1.0f / sqrtf(x); }
    __device__ __forceinline__ static float gradient(float y, float dy) { return -0.5f * (y * y * y) * dy; }
};
struct Abs {
    __device__ __forceinline__ static float value(float x) { return fabsf(x); }
    __device__ __forceinline__ static float gradient(float x, float dy) {
        return x > 0.0f ? dy : x < 0.0f ? -dy : x * 0.0f;      // 0 at 0, NaN at NaN
    }
};
struct Square {
    __device__ __forceinline__ static float value(float x) { return x * x; }
    __device__ __forceinline__ static float gradient(float x, float dy) { return (x + x) * dy; }
};
struct Erf {
    __device__ __forceinline__ static float value(float x) { return erff(x); }
    __device__ __forceinline__ static float gradient(float x, float dy) { return dy * (1.1283792f * expf(-x * x)); }
};

template <typename F, typename T> __device__ __forceinline__ void forward(const T* x, T* y, i64 n) {
    Share<T, BLOCK> mine(n, aligned16(x) && aligned16(y));
    float v[mine.N];
    mine.load(x, v);
#pragma unroll
    for (int i = 0; i < mine.N; i++) v[i] = F::value(v[i]);
    mine.store(y, v);
}

template <typename F, typename T> __device__ __forceinline__ void backward(const T* v, const T* dy, T* dx, i64 n) {
    Share<T, BLOCK> mine(n, aligned16(v) && aligned16(dy) && aligned16(dx));
    float a[mine.N], g[mine.N];
    mine.load(v, a);
    mine.load(dy, g);
#pragma unroll
    for (int i = 0; i < mine.N; i++) g[i] = F::gradient(a[i], g[i]);
    mine.store(dx, g);
}

#define UNARY(NAME, F, SUFFIX, T)                                                                             \
    extern "C" __global__ void __launch_bounds__(BLOCK)                                                       \
        NAME##_##SUFFIX(const T* __restrict__ x, T* __restrict__ y, i64 n) {                                  \
        forward<F>(x, y, n);                                                                                  \
    }                                                                                                         \
    extern "C" __global__ void __launch_bounds__(BLOCK)                                                       \
        NAME##_backward_##SUFFIX(const T* __restrict__ v, const T* __restrict__ dy, T* __restrict__ dx, i64 n) { \
        backward<F>(v, dy, dx, n);                                                                            \
    }
#define KINDS(SUFFIX, T)               \
    UNARY(relu, Relu, SUFFIX, T)       \
    UNARY(gelu, GeluFor<T>, SUFFIX, T) \
    UNARY(sigmoid, Sigmoid, SUFFIX, T) \
    UNARY(silu, Silu, SUFFIX, T)       \
    UNARY(tanh, Tanh, SUFFIX, T)       \
    UNARY(exp, Exp, SUFFIX, T)         \
    UNARY(log, Log, SUFFIX, T)         \
    UNARY(sqrt, Sqrt, SUFFIX, T)       \
    UNARY(rsqrt, Rsqrt, SUFFIX, T)     \
    UNARY(abs, Abs, SUFFIX, T)         \
    UNARY(square, Square, SUFFIX, T)   \
    UNARY(erf, Erf, SUFFIX, T)
FOR_FLOAT_TYPES(KINDS)
