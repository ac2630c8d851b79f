// How resampling reads one axis: the rules of the engine's AxisTaps, computed where they are needed. No tables: a table would have
// to be uploaded for every pair of sizes.
//
// Bilinear source coordinates are fractions of whole numbers, a(o) / unit, so that the position is exact and a weight is
// correctly rounded; neither needs float64. Bicubic steps are any float64 number, so there the rule is AxisTaps' own, in float64.
#pragma once
#include "columns.cuh"

// Blocks of 256 threads make rows [top, bottom) of image n: a band of its rows. Along a row, a thread has a pack of V channels:
// neighbouring threads have neighbouring packs, of one pixel and then of the next.
constexpr int THREADS = 256, MOST_ROWS = 8;
struct Band {
    int n, top, bottom;

    __device__ __forceinline__ Band(int height, int band) {
        int bands = (height + band - 1) / band;
        n = blockIdx.x / bands;
        top = (blockIdx.x - n * bands) * band;
        bottom = top + band < height ? top + band : height;
    }
};

// x / unit and what is left of it, for 0 <= x, x / unit < 2^20 and unit < 2^24. The estimate in float32 is off by one at most.
__device__ __forceinline__ int quotient(i64 x, i64 unit, float inverse, int& rest) {
    int q = (int) ((float) x * inverse);
    i64 r = x - q * unit;
    if (r < 0) {
        q--;
        r += unit;
    } else if (r >= unit) {
        q++;
        r -= unit;
    }
    rest = (int) r;
    return q;
}

// Bilinear: output o lies at a(o) / unit between the centres of inputs, a(o) = o scale + offset, but not outside of them.
struct Linear {
    int in, out;
    i64 scale, offset, unit;
    float inverse;

    __device__ __forceinline__ Linear(int in, int out, int align_corners) : in(in), out(out) {
        scale = align_corners ? in - 1 : 2 * (i64) in;
        offset = align_corners ? 0 : (i64) in - out;
        unit = align_corners ? (out > 1 ? out - 1 : 1) : 2 * (i64) out;
        inverse = 1.0f / (float) unit;
    }

    __device__ __forceinline__ i64 at(int o) const {
        i64 a = o * scale + offset, last = (in - 1) * unit;
        return a < 0 ? 0 : a > last ? last : a;
    }

    // x / unit for whole x from 0 to unit, correctly rounded: the remainder of the first quotient corrects it (Markstein 1990).
    __device__ __forceinline__ float weight(i64 x) const {
        float f = (float) x, q = f * inverse;
        return fmaf(fmaf(-q, (float) unit, f), inverse, q);
    }

    // The first output that reads input i with a weight above zero, and the first one after it that does not.
    __device__ __forceinline__ int first_reader(int i) const {
        i64 above = (i - 1) * unit - offset;
        if (i == 0 || above < 0) return 0;
        i64 o = above / scale + 1;
        return o < out ? (int) o : out;
    }
    __device__ __forceinline__ int end_reader(int i) const {
        if (i == in - 1) return out;
        i64 below = (i + 1) * unit - offset;
        i64 o = below <= 0 ? 0 : (below - 1) / scale + 1;
        return o < out ? (int) o : out;
    }
};

// The weights of the readers of one input, one after the other. How far a reader lies from the input is counted in 1 / unit; where
// it would lie outside of the axis, it lies on the first or the last input.
struct Readers {
    int first, end;
    int distance, step, least, most, unit;
    float inverse;

    __device__ __forceinline__ Readers(const Linear& axis, int i) {
        first = axis.first_reader(i);
        end = axis.end_reader(i);
        unit = (int) axis.unit;
        inverse = axis.inverse;
        step = (int) axis.scale;
        distance = (int) (first * axis.scale + axis.offset - i * axis.unit);
        least = i == 0 ? 0 : -unit;
        most = i == axis.in - 1 ? 0 : unit;
    }

    __device__ __forceinline__ float next() {
        int d = min(max(distance, least), most);
        distance += step;
        float x = (float) (unit - (d < 0 ? -d : d)), q = x * inverse;
        return fmaf(fmaf(-q, (float) unit, x), inverse, q);
    }
};

// Bicubic: output o reads inputs floor(s) - 1 .. floor(s) + 2 with the weights of cubic convolution at their distances from s.
struct Cubic {
    int in, out;
    double step;
    int align_corners;

    __device__ __forceinline__ static float near(double d) { return (float) (((-0.75 + 2.0) * d - (-0.75 + 3.0)) * d * d + 1.0); }
    __device__ __forceinline__ static float far(double d) { return (float) (((-0.75 * d + 3.75) * d - 6.0) * d + 3.0); }

    // s, in the roundings of AxisTaps: a fused multiply-add could end up on the other side of a whole number.
    __device__ __forceinline__ double at(int o) const {
        return align_corners ? __dmul_rn(o, step) : __dadd_rn(__dmul_rn(o + 0.5, step), -0.5);
    }
    __device__ __forceinline__ int clamp(int i) const { return i < 0 ? 0 : i >= in ? in - 1 : i; }

    // The four inputs and their weights.
    __device__ __forceinline__ void taps(int o, int (&index)[4], float (&weight)[4]) const {
        double s = at(o), floor = ::floor(s), t = s - floor;
        int f = (int) floor;
#pragma unroll
        for (int k = 0; k < 4; k++) index[k] = clamp(f - 1 + k);
        weight[0] = far(1.0 + t);
        weight[1] = near(t);
        weight[2] = near(1.0 - t);
        weight[3] = far(2.0 - t);
    }
    // How much output o reads of input i: several taps may fall on the first and on the last.
    __device__ __forceinline__ float weight_of(int o, int i) const {
        int index[4];
        float weight[4], sum = 0.0f;
        taps(o, index, weight);
#pragma unroll
        for (int k = 0; k < 4; k++) sum += index[k] == i ? weight[k] : 0.0f;
        return sum;
    }
    // Outputs [first_reader, end_reader) contain all readers of input i, and a few more.
    __device__ __forceinline__ int first_reader(int i) const { return i == 0 ? 0 : output_near(i - 2, -1.0); }
    __device__ __forceinline__ int end_reader(int i) const { return i == in - 1 ? out : output_near(i + 2, 2.0); }
    __device__ __forceinline__ int output_near(int i, double margin) const {
        double o = step == 0.0 ? (margin < 0.0 ? 0.0 : out) : (align_corners ? i / step : (i + 0.5) / step - 0.5) + margin;
        return o < 0.0 ? 0 : o > out ? out : (int) o;
    }
};

// Nearest: output o reads input floor(o in / out), in whole numbers.
struct Nearest {
    int in, out;

    __device__ __forceinline__ int at(int o) const { return (int) ((i64) o * in / out); }
    __device__ __forceinline__ int first_reader(int i) const { return (int) (((i64) i * out + in - 1) / in); }
    __device__ __forceinline__ int end_reader(int i) const { return first_reader(i + 1); }
    __device__ __forceinline__ float weight_of(int, int) const { return 1.0f; }
};

// Images of in_h x in_w and of out_h x out_w pixels, as the forward reads and writes them.
struct Sizes { int in_h, in_w, out_h, out_w, channels; };

// Whether all pixels of both images start at a multiple of 16 bytes.
template <typename T> __device__ __forceinline__ bool in_vectors(const T* x, const T* y, Sizes size) {
    return aligned16(x) && aligned16(y) && size.channels % Vec<T>::N == 0;
}

// p[0..V-1] in one access.
template <int V, typename T> __device__ __forceinline__ void load_pack(const T* p, float (&v)[V]) { load_columns(p, V, true, v); }
template <int V, typename T> __device__ __forceinline__ void store_pack(T* p, const float (&v)[V]) { store_columns(p, V, true, v); }
