// How far a pixel's prediction is from its target, in float64: PixelError.java, whose constants have these numbers.
#pragma once
#include "fathom.cuh"

typedef unsigned char bool8;

constexpr int LOG = 0, LOG_ZOE = 1;     // and DIFFERENCE
constexpr double EPSILON = 1e-6;        // PixelError.EPSILON: depths below count as this
constexpr double ALPHA = 1e-7;          // PixelError.ALPHA: what ZoeDepth adds inside its logarithms

// A NaN stays one: it is not below anything.
__device__ __forceinline__ double at_least(double depth, double least) { return depth < least ? least : depth; }

__device__ __forceinline__ double pixel_error(int kind, double target, double pred) {
    if (kind == LOG) return log(at_least(target, EPSILON) / at_least(pred, EPSILON));
    if (kind == LOG_ZOE) return log((at_least(pred, 0) + ALPHA) / (at_least(target, 0) + ALPHA));
    return pred - target;
}

// Its derivative by pred.
__device__ __forceinline__ double error_slope(int kind, double pred) {
    if (kind == LOG) return -1 / at_least(pred, EPSILON);
    if (kind == LOG_ZOE) return 1 / (at_least(pred, 0) + ALPHA);
    return 1;
}

// 1, 0 or -1; a NaN stays one.
__device__ __forceinline__ double sign_of(double x) { return x > 0 ? 1 : x < 0 ? -1 : x; }
