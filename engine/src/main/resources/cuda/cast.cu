// Cast: the same values in another dtype, each rounded once to nearest, ties to even. One kernel for each pair.
#include "fathom.cuh"

constexpr int BLOCK = 256;
constexpr int N = 8;      // elements a thread: one to four 16-byte accesses on either side

// A double narrowed so that a second, coarser rounding gives what a single one would have given: where it lies between
// two floats, the one with the odd last bit is taken, which can never look like a tie of the coarser format (Boldo and
// Melquiond, "Emulation of FMA and correctly rounded sums", 2008).
__device__ __forceinline__ float round_to_odd(double x) {
    float y = __double2float_rz(x);
    return (double) y == x ? y : __uint_as_float(__float_as_uint(y) | 1u);      // NaN equals nothing, and stays NaN
}

template <typename From, typename To> struct Convert {
    __device__ __forceinline__ static To of(From x) { return from_f32<To>(to_f32(x)); }
};
template <typename From> struct Convert<From, double> {
    __device__ __forceinline__ static double of(From x) { return (double) to_f32(x); }
};
template <> struct Convert<double, float> {
    __device__ __forceinline__ static float of(double x) { return (float) x; }
};
template <typename To> struct Convert<double, To> {
    __device__ __forceinline__ static To of(double x) { return from_f32<To>(round_to_odd(x)); }
};

template <typename From, typename To> __device__ __forceinline__ void cast(const From* x, To* y, i64 n) {
    i64 first = (i64) blockIdx.x * (BLOCK * N);
    if (aligned16(x) && aligned16(y) && n - first >= BLOCK * N) {
        i64 at = first + (int) threadIdx.x * N;
        From u[N];
        To v[N];
#pragma unroll
        for (int i = 0; i < N; i += Vec<From>::N) {
            Vec<From> part = *(const Vec<From>*) (x + at + i);
#pragma unroll
            for (int k = 0; k < Vec<From>::N; k++) u[i + k] = part.at[k];
        }
#pragma unroll
        for (int i = 0; i < N; i++) v[i] = Convert<From, To>::of(u[i]);
#pragma unroll
        for (int i = 0; i < N; i += Vec<To>::N) {
            Vec<To> part;
#pragma unroll
            for (int k = 0; k < Vec<To>::N; k++) part.at[k] = v[i + k];
            *(Vec<To>*) (y + at + i) = part;
        }
        return;
    }
#pragma unroll 1
    for (int i = 0; i < N; i++) {
        i64 at = first + i * BLOCK + (int) threadIdx.x;
        if (at < n) y[at] = Convert<From, To>::of(x[at]);
    }
}

#define CAST(NAME, FROM, TO)                                                     \
    extern "C" __global__ void __launch_bounds__(BLOCK)                          \
        cast_##NAME(const FROM* __restrict__ x, TO* __restrict__ y, i64 n) {     \
        cast(x, y, n);                                                           \
    }
CAST(f32_f16, float, f16)
CAST(f32_bf16, float, bf16)
CAST(f32_f64, float, double)
CAST(f16_f32, f16, float)
CAST(f16_bf16, f16, bf16)
CAST(f16_f64, f16, double)
CAST(bf16_f32, bf16, float)
CAST(bf16_f16, bf16, f16)
CAST(bf16_f64, bf16, double)
CAST(f64_f32, double, float)
CAST(f64_f16, double, f16)
CAST(f64_bf16, double, bf16)
