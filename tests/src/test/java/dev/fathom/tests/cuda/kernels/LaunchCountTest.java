package dev.fathom.tests.cuda.kernels;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.fathom.engine.DType;
import dev.fathom.engine.Device;
import dev.fathom.engine.Shape;
import dev.fathom.engine.Tensor;
import dev.fathom.engine.errors.MissingKernelException;
import dev.fathom.engine.ops.AdamWStep;
import dev.fathom.engine.ops.Binary;
import dev.fathom.engine.ops.BroadcastTo;
import dev.fathom.engine.ops.Concat;
import dev.fathom.engine.ops.Permute;
import dev.fathom.engine.ops.Slice;
import dev.fathom.engine.ops.SumOfSquares;
import dev.fathom.engine.ops.SumTo;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** How many launches operations take, and that sizes no test could run are counted right: by a driver that counts. */
class LaunchCountTest extends CountedCalls {
    LaunchCountTest() {
        super(Device.emulated(8));
    }

    @Test
    void anOptimiserStepIsAFewLaunches() {
        List<Tensor> tensors = new ArrayList<>();
        for (int i = 0; i < 240 * AdamWStep.TENSORS; i++) {
            tensors.add(tensor(DType.F32, 10 + i / AdamWStep.TENSORS));
        }
        assertEquals(Map.of("optimiser/adamw_f32", 3L), calls(new AdamWStep(1e-3, 0.9, 0.999, 1e-8, 0.01, 1, 1, 240),
                tensors.toArray(Tensor[]::new)));
        assertEquals(Map.of("optimiser/squares_pieces", 6L, "optimiser/squares_total", 1L),
                calls(new SumOfSquares(), tensors.toArray(Tensor[]::new)));
    }

    @Test
    void gradientsOfBiasesAreTwoLaunches() {
        assertEquals(Map.of("reduce/sum_columns_f16_f32", 1L, "reduce/sum_columns_f32_f32", 1L),
                calls(new SumTo(Shape.of(384), true), tensor(DType.F16, 11 * 1370, 384)));
        assertEquals(Map.of("reduce/sum_columns_bf16_f32", 1L, "reduce/sum_columns_f32_bf16", 1L),
                calls(new SumTo(Shape.of(32)), tensor(DType.BF16, 11 * 518 * 518, 32)));
        assertEquals(Map.of("reduce/sum_long_rows_f32_f32", 1L, "reduce/sum_short_rows_f32_f32", 1L),
                calls(new SumTo(Shape.SCALAR), tensor(DType.F32, 11 * 518 * 518)));
    }

    @Test
    void movesTakeTheLargestUnit() {
        assertEquals(Map.of("move/concat_b128", 1L),
                calls(new Concat(2), tensor(DType.F16, 2, 1369, 384), tensor(DType.F16, 2, 1369, 384)));
        assertEquals(Map.of("move/concat_b16", 1L),
                calls(new Concat(1), tensor(DType.F16, 2, 3), tensor(DType.F16, 2, 4)));
        assertEquals(Map.of("move/gather_b128", 1L), calls(new Slice(1, 1, 1369), tensor(DType.F32, 2, 1370, 384)));
        assertEquals(Map.of("copy on the device", 1L), calls(new Slice(0, 1, 3), tensor(DType.F32, 5, 384)));
        assertEquals(Map.of("move/transpose_b16", 1L),
                calls(new Permute(List.of(0, 2, 1)), tensor(DType.F16, 3, 70, 90)));
        assertEquals(Map.of("move/gather_b32", 1L), calls(new Permute(List.of(1, 0)), tensor(DType.F32, 1000, 3)));
    }

    /** Tensors of more elements than 31 bits count, 12 to 20 GB: several launches each, and no number overflows. */
    @Test
    void sizesBeyondThirtyOneBits() {
        assertEquals(Map.of("move/gather_b128", 6L), calls(new BroadcastTo(Shape.of(3, 1_500_000_000)),
                tensor(DType.F32, 1_500_000_000)));
        assertEquals(Map.of("move/gather_b16", 10L),
                calls(new Permute(List.of(1, 0)), tensor(DType.F16, 1_200_000_000, 5)));
        assertEquals(Map.of("pointwise/add_broadcast_f32", 3L), calls(
                new Binary(Binary.Kind.ADD),
                tensor(DType.F32, 3, 1_000_000_000), tensor(DType.F32, 3, 1)));
        assertTrue(calls(new SumTo(Shape.SCALAR), tensor(DType.F32, 3, 1_500_000_000)).size() <= 3);
        assertEquals(Map.of("optimiser/squares_pieces", 1L, "optimiser/squares_total", 1L),
                calls(new SumOfSquares(), tensor(DType.F16, 5, 1_500_000_000)));
    }

    @Test
    void dtypesThatAreNotOfferedAreNamed() {
        MissingKernelException f64 = assertThrows(MissingKernelException.class,
                () -> calls(new SumTo(Shape.SCALAR), tensor(DType.F64, 3)));
        assertTrue(f64.getMessage().contains("sum_to: no cuda kernel for [float64]"), f64.getMessage());
        Tensor double3 = tensor(DType.F64, 3);
        MissingKernelException adamW = assertThrows(MissingKernelException.class,
                () -> calls(new AdamWStep(1e-3, 0.9, 0.999, 1e-8, 0, 1, 1, 1), double3, double3, double3, double3));
        assertTrue(adamW.getMessage().contains("it takes [bfloat16, float16, float32]"), adamW.getMessage());
    }
}
