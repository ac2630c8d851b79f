// Tensor cores by hand, for the *_sm80.cu files: the product of two small matrices that a warp does in one instruction, and the
// two ways in which its operands get near it, cp.async (global to shared memory) and ldmatrix (shared memory to registers).
//
// mma.m16n8k16 computes C[16][8] += A[16][16] B[16][8] with 16-bit A and B and float32 C. The 32 threads ("lanes") of the warp
// hold the operands between them; with g = lane / 4 and t = lane % 4 a lane has
//
//     A: a[0] = A[g][2t, 2t+1]     a[1] = A[g+8][2t, 2t+1]     a[2] = A[g][2t+8, 2t+9]     a[3] = A[g+8][2t+8, 2t+9]
//     B: b0   = B[2t, 2t+1][g]     b1   = B[2t+8, 2t+9][g]                                  (two 16-bit values a register)
//     C: c[0], c[1] = C[g][2t, 2t+1]       c[2], c[3] = C[g+8][2t, 2t+1]
//
// So two C blocks side by side, rounded to 16 bits, lie in the lanes exactly as an A block does: a chain of products like
// attention's (q k^T) v needs no exchange between lanes.
#pragma once
#include "fathom.cuh"

template <typename T> __device__ __forceinline__ void mma(float (&c)[4], const u32 (&a)[4], u32 b0, u32 b1);
template <> __device__ __forceinline__ void mma<f16>(float (&c)[4], const u32 (&a)[4], u32 b0, u32 b1) {
    asm("mma.sync.aligned.m16n8k16.row.col.f32.f16.f16.f32 {%0,%1,%2,%3}, {%4,%5,%6,%7}, {%8,%9}, {%0,%1,%2,%3};"
        : "+f"(c[0]), "+f"(c[1]), "+f"(c[2]), "+f"(c[3]) : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "r"(b0), "r"(b1));
}
template <> __device__ __forceinline__ void mma<bf16>(float (&c)[4], const u32 (&a)[4], u32 b0, u32 b1) {
    asm("mma.sync.aligned.m16n8k16.row.col.f32.bf16.bf16.f32 {%0,%1,%2,%3}, {%4,%5,%6,%7}, {%8,%9}, {%0,%1,%2,%3};"
        : "+f"(c[0]), "+f"(c[1]), "+f"(c[2]), "+f"(c[3]) : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "r"(b0), "r"(b1));
}

// Two numbers rounded to 16 bits in one register, lo in the lower half, and back.
template <typename T> __device__ __forceinline__ u32 pack2(float lo, float hi);
template <> __device__ __forceinline__ u32 pack2<f16>(float lo, float hi) {
    u32 y;
    asm("cvt.rn.f16x2.f32 %0, %1, %2;" : "=r"(y) : "f"(hi), "f"(lo));
    return y;
}
template <> __device__ __forceinline__ u32 pack2<bf16>(float lo, float hi) {
    u32 y;
    asm("cvt.rn.bf16x2.f32 %0, %1, %2;" : "=r"(y) : "f"(hi), "f"(lo));
    return y;
}
template <typename T> __device__ __forceinline__ float low_half(u32 x) { return to_f32(T{(u16) x}); }
template <typename T> __device__ __forceinline__ float high_half(u32 x) { return to_f32(T{(u16) (x >> 16)}); }

// The address of a pointer into shared memory within shared memory, which is what the instructions below take.
__device__ __forceinline__ u32 shared_address(const void* p) { return (u32) __cvta_generic_to_shared(p); }

// 16 bytes from global to shared memory, by way of no register; zeros where !valid (nothing is read then). Both addresses are
// multiples of 16. cp_async_commit ends a group of copies; cp_async_wait<N> waits until at most N groups of this thread are
// under way. Other threads see what was copied after the barrier that follows the wait.
__device__ __forceinline__ void cp_async16(u32 to, const void* from, bool valid) {
    int bytes = valid ? 16 : 0;
    asm volatile("cp.async.cg.shared.global [%0], [%1], 16, %2;" : : "r"(to), "l"(__cvta_generic_to_global(from)), "r"(bytes)
                 : "memory");
}
__device__ __forceinline__ void cp_async_commit() { asm volatile("cp.async.commit_group;" : : : "memory"); }
template <int N> __device__ __forceinline__ void cp_async_wait() { asm volatile("cp.async.wait_group %0;" : : "n"(N) : "memory"); }

// Four blocks of 8 x 8 16-bit values. Lanes 8i..8i+7 give the addresses of the eight rows (16 bytes each) of block i. Lane l
// gets the values 2(l%4), 2(l%4)+1 of row l/4 of each block, or, _trans, of the block's transpose.
__device__ __forceinline__ void ldmatrix(u32 (&r)[4], u32 address) {
    asm volatile("ldmatrix.sync.aligned.m8n8.x4.shared.b16 {%0,%1,%2,%3}, [%4];"
                 : "=r"(r[0]), "=r"(r[1]), "=r"(r[2]), "=r"(r[3]) : "r"(address) : "memory");
}
__device__ __forceinline__ void ldmatrix_trans(u32 (&r)[4], u32 address) {
    asm volatile("ldmatrix.sync.aligned.m8n8.x4.trans.shared.b16 {%0,%1,%2,%3}, [%4];"
                 : "=r"(r[0]), "=r"(r[1]), "=r"(r[2]), "=r"(r[3]) : "r"(address) : "memory");
}
