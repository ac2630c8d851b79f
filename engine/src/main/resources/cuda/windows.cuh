// A convolution as a product: row p of its left operand is the window of result pixel p, which is never in memory. These
// walk it: a thread has a few result pixels, and one place in the window that moves on slice by slice.
#pragma once

struct Geometry {
    int height, width, channels;  // of the picture [N,height,width,channels]
    int out_h, out_w;             // of the result [N,out_h,out_w,outputs]
    int kh, kw, stride_h, stride_w, pad_h, pad_w;
};

// Where the window of a result pixel starts: row and column in the picture, outside of it where it is padded.
template <typename T> struct WindowStart {
    const T* at;
    int row, column;

    // The pixels are counted over [N,out_h,out_w]; those from `pixels` on have no window.
    __device__ __forceinline__ void set(const T* x, const Geometry& g, int pixel, int pixels) {
        int image_row = pixel / g.out_w;
        int image = image_row / g.out_h;
        row = (image_row - image * g.out_h) * g.stride_h - g.pad_h;
        column = (pixel - image_row * g.out_w) * g.stride_w - g.pad_w;
        at = x + (((i64) image * g.height + row) * g.width + column) * g.channels;
        if (pixel >= pixels) row = -0x40000000;
    }
};

// Element `k` of a window: channel `channel` of its pixel (i, j), with k = (i kw + j) channels + channel.
struct WindowPlace {
    int i, j, channel;

    __device__ __forceinline__ void start(const Geometry& g, int k) {
        i = 0;
        j = 0;
        channel = k;
        settle(g);
    }
    __device__ __forceinline__ void advance(const Geometry& g, int by) {
        channel += by;
        settle(g);
    }
    __device__ __forceinline__ void settle(const Geometry& g) {
#pragma unroll 1
        while (channel >= g.channels) {
            channel -= g.channels;
            next_pixel(g);
        }
    }
    __device__ __forceinline__ void next(const Geometry& g) {
        if (++channel == g.channels) {
            channel = 0;
            next_pixel(g);
        }
    }
    __device__ __forceinline__ void next_pixel(const Geometry& g) {
        if (++j == g.kw) {
            j = 0;
            i++;
        }
    }
    // Whether there is such a pixel in the window of `start`, and in the picture.
    template <typename T> __device__ __forceinline__ bool inside(const Geometry& g, const WindowStart<T>& start) const {
        return i < g.kh && (u32) (start.row + i) < (u32) g.height && (u32) (start.column + j) < (u32) g.width;
    }
    // Elements from the start of the window to here.
    __device__ __forceinline__ i64 offset(const Geometry& g) const { return ((i64) i * g.width + j) * g.channels + channel; }
};
