// Rows shared out among threads, by columns: what the norms have in common.
//
// A thread holds packs of N = Vec<T>::N neighbouring columns. Which ones depends on the shape alone. Whether they come in 16-byte
// accesses or one by one depends on the addresses too (views may start at any element); it changes the speed, but no bit of a sum.
#pragma once
#include "fathom.cuh"

// N elements of T in as few accesses as possible: 8 or 16 bytes each.
template <typename T, int N> struct alignas(sizeof(T) * N < 16 ? sizeof(T) * N : 16) Pack { T at[N]; };

// v = p[0..N-1], 0 from p[left] on. whole: left is at least N, and the address is a multiple of the pack's alignment.
template <typename T, int N> __device__ __forceinline__ void load_columns(const T* p, int left, bool whole, float (&v)[N]) {
    if (whole) {
        Pack<T, N> pack = *(const Pack<T, N>*) p;
#pragma unroll
        for (int j = 0; j < N; j++) v[j] = to_f32(pack.at[j]);
    } else {
#pragma unroll
        for (int j = 0; j < N; j++) v[j] = j < left ? to_f32(p[j]) : 0.0f;
    }
}

// p[0..N-1] = v, only the first left of them.
template <typename T, int N> __device__ __forceinline__ void store_columns(T* p, int left, bool whole, const float (&v)[N]) {
    if (whole) {
        Pack<T, N> pack;
#pragma unroll
        for (int j = 0; j < N; j++) pack.at[j] = from_f32<T>(v[j]);
        *(Pack<T, N>*) p = pack;
    } else {
#pragma unroll
        for (int j = 0; j < N; j++)
            if (j < left) p[j] = from_f32<T>(v[j]);
    }
}

// The 6 warps of a block as teams of 1, 2 or 3, so that a thread of a team holds at most 16 of a row's columns: 512 columns a
// warp. Pack k of a thread begins at column (thread + k * threads) * N.
constexpr int TEAM_WARPS = 6, TEAM_THREADS = 32 * TEAM_WARPS;
constexpr int TEAM_LANE_COLUMNS = 16, TEAM_MOST_COLUMNS = 3 * 32 * TEAM_LANE_COLUMNS;

struct Team {
    int warps, teams;       // warps a team, teams a block
    int team, thread;       // this thread's team, and its place in it
    int threads;

    __device__ __forceinline__ Team(int columns) {
        warps = columns <= 512 ? 1 : columns <= 1024 ? 2 : 3;
        teams = TEAM_WARPS / warps;
        threads = 32 * warps;
        team = (threadIdx.x >> 5) / warps;
        thread = threadIdx.x - team * threads;
    }

    // Sums of a and b over the team, for every thread. All threads of the block call it. scratch: 2 * TEAM_WARPS floats that
    // nobody touches from the last barrier before the call to the first one after it.
    __device__ __forceinline__ void sum(float& a, float& b, float* scratch) const {
        a = warp_sum(a);
        b = warp_sum(b);
        if (warps == 1) return;
        int warp = threadIdx.x >> 5;
        if ((threadIdx.x & 31) == 0) {
            scratch[2 * warp] = a;
            scratch[2 * warp + 1] = b;
        }
        __syncthreads();
        a = b = 0.0f;
        for (int w = team * warps; w < (team + 1) * warps; w++) {
            a += scratch[2 * w];
            b += scratch[2 * w + 1];
        }
    }
};
