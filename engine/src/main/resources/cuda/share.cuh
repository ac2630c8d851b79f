// How the elements of a pointwise kernel are shared out among its threads.
#pragma once
#include "fathom.cuh"

// What one thread handles of n elements, where the grid has ceil(n / (BLOCK N)) blocks: N neighbours with one 16-byte
// access in blocks that are full, if all pointers are multiples of 16 (a view can start at any element); else N
// elements one by one, BLOCK apart, so that the threads of a warp touch neighbours.
template <typename T, int BLOCK> struct Share {
    static constexpr int N = Vec<T>::N;
    i64 at;         // my first element
    int left;       // how many elements there are from it to the end of the block's
    bool vector;

    // block: the number of this block among those that share the n elements.
    __device__ __forceinline__ Share(i64 n, bool aligned, u32 block = blockIdx.x) {
        i64 first = (i64) block * (BLOCK * N);
        vector = aligned && n - first >= BLOCK * N;
        int mine = vector ? (int) threadIdx.x * N : (int) threadIdx.x;
        at = first + mine;
        left = (n - first < BLOCK * N ? (int) (n - first) : BLOCK * N) - mine;
    }
    __device__ __forceinline__ void load(const T* x, float (&v)[N]) const {
        if (vector) {
            load16(x + at, v);
            return;
        }
#pragma unroll
        for (int i = 0; i < N; i++) v[i] = i * BLOCK < left ? to_f32(x[at + i * BLOCK]) : 0.0f;
    }
    __device__ __forceinline__ void store(T* y, const float (&v)[N]) const {
        if (vector) {
            store16(y + at, v);
            return;
        }
#pragma unroll
        for (int i = 0; i < N; i++)
            if (i * BLOCK < left) y[at + i * BLOCK] = from_f32<T>(v[i]);
    }
};
