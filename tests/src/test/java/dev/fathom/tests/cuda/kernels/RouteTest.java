package dev.fathom.tests.cuda.kernels;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.fathom.engine.DType;
import dev.fathom.engine.Device;
import dev.fathom.engine.Shape;
import dev.fathom.engine.Tensor;
import dev.fathom.engine.cuda.driver.CudaDriver;
import dev.fathom.engine.cuda.driver.NoConvolutionAlgorithmException;
import dev.fathom.engine.cuda.kernels.Route;
import dev.fathom.engine.ops.Conv2d;
import dev.fathom.engine.ops.Conv2dBackwardInput;
import dev.fathom.engine.ops.Conv2dBackwardWeight;
import dev.fathom.engine.ops.ConvGeometry;
import dev.fathom.engine.ops.Linear;
import dev.fathom.engine.ops.MatMul;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** Who computes what, by the rule that {@link Route} states: seen by a driver that only counts. */
class RouteTest extends CountedCalls {
    private static final ConvGeometry SAME = ConvGeometry.square(1, 1);

    RouteTest() {
        super(Device.emulated(10));
    }

    private Map<String, Long> linear(DType dtype, int rows, int inputs, int outputs) {
        return calls(new Linear(true, Linear.Activation.GELU, false), tensor(dtype, rows, inputs),
                tensor(dtype, outputs, inputs), tensor(DType.F32, outputs));
    }

    @Test
    void whatFollowsAProductOfOnePictureIsPartOfIt() {
        assertEquals(Map.of("gemm_sm80/gemm_nt_large_f16", 1L), linear(DType.F16, 1370, 384, 1536));
        assertEquals(Map.of("gemm_sm80/gemm_nt_small_bf16", 1L), linear(DType.BF16, 1370, 1536, 384));
        assertEquals(Map.of("gemm/gemm_large_f32", 1L), linear(DType.F32, 1370, 384, 1536));
    }

    @Test
    void deepProductsOfManyPicturesAreTheLibrarysAndAPass() {
        assertEquals(Map.of("gemm_sm80/gemm_nt_large_f16", 1L), linear(DType.F16, 15070, 384, 1536));
        assertEquals(Map.of("cublas gemm", 1L, "gemm/epilogue_f16", 1L), linear(DType.F16, 15070, 1536, 384));
        assertEquals(Map.of("cublas gemm", 1L, "gemm/epilogue_f32", 1L), linear(DType.F32, 15070, 384, 1536));
    }

    @Test
    void bareProductsAreTheLibrarysUnlessItsFastPathsDoNotTakeThem() {
        assertEquals(Map.of("cublas gemm", 1L), calls(new MatMul(false, false), tensor(DType.F16, 5, 16),
                tensor(DType.F16, 16, 24)));
        assertEquals(Map.of("cublas gemm", 1L), calls(new MatMul(true, false, true),
                tensor(DType.F16, 15070, 384), tensor(DType.F16, 15070, 1536)));
        assertEquals(Map.of("gemm_sm80/gemm_nn_small_f16", 1L), calls(new MatMul(false, false),
                tensor(DType.F16, 5, 17), tensor(DType.F16, 17, 24)));
        assertEquals(Map.of("gemm_sm80/gemm_nn_small_f16", 1L), calls(new MatMul(false, false),
                tensor(DType.F16, 5 * 16 + 1).view(1, Shape.of(5, 16)), tensor(DType.F16, 16, 24)));
        assertEquals(Map.of("cublas gemm", 1L), calls(new MatMul(false, false), tensor(DType.F32, 5, 17),
                tensor(DType.F32, 17, 23)));
    }

    @Test
    void oneOperandForAWholeBatchIsOneProduct() {
        assertEquals(Map.of("cublas gemm", 1L), calls(new MatMul(false, true), tensor(DType.F32, 4, 3, 5, 8),
                tensor(DType.F32, 7, 8)));
        assertEquals(Map.of("cublas gemm", 1L), calls(new MatMul(false, true), tensor(DType.F32, 4, 3, 5, 8),
                tensor(DType.F32, 4, 3, 7, 8)));
        assertEquals(Map.of("cublas gemm", 4L), calls(new MatMul(false, true), tensor(DType.F32, 4, 1, 5, 8),
                tensor(DType.F32, 4, 3, 7, 8)), "two steps through a do not fit one call");
    }

    @Test
    void longSumsIntoSmallResultsAreCutIntoParts() {
        try (Route.Forced forced = Route.force(Route.OWN)) {
            assertEquals(Map.of("gemm_sm80/gemm_sums_small_f16", 1L, "gemm/sum_parts_f32", 1L),
                    calls(new MatMul(true, false, true), tensor(DType.F16, 15070, 64), tensor(DType.F16, 15070, 64)));
            assertEquals(Map.of("gemm_sm80/gemm_sums_small_f16", 1L), calls(new MatMul(true, false, true),
                    tensor(DType.F16, 500, 64), tensor(DType.F16, 500, 64)), "one part is the result itself");
        }
    }

    private Map<String, Long> conv(DType dtype, Conv2d op) {
        Tensor x = tensor(dtype, 1, 37, 37, 64);
        Tensor weight = tensor(dtype, 64, 3, 3, 64);
        return op.bias() ? calls(op, x, weight, tensor(DType.F32, 64)) : calls(op, x, weight);
    }

    @Test
    void convolutionsThatTheLibraryHasNotAreTheProjects() {
        assertEquals(Map.of("cudnn forward", 1L), conv(DType.F16, new Conv2d(SAME, false, false)));
        assertEquals(Map.of("conv_sm80/conv_small_f16", 1L), conv(DType.F16, new Conv2d(SAME, true, true)));
        assertEquals(Map.of("conv_sm80/conv_small_f16", 1L), conv(DType.F16, new Conv2d(SAME, false, true, 0, false)));
        assertEquals(Map.of("conv/conv_small_f32", 1L), conv(DType.F32, new Conv2d(SAME, true, true)));
        try (Route.Forced forced = Route.force(Route.LIBRARY)) {
            assertEquals(Map.of("cudnn forward", 1L), conv(DType.F32, new Conv2d(SAME, true, true)));
        }
    }

    @Test
    void gradientsOfWeightsStayFloat32() {
        Conv2dBackwardWeight op = new Conv2dBackwardWeight(SAME, 3, 3);
        assertEquals(Map.of("cudnn backward_filter", 1L), calls(op, tensor(DType.F32, 1, 37, 37, 64),
                tensor(DType.F32, 1, 37, 37, 64)));
        assertEquals(Map.of("conv_backward_sm80/conv_weight_f16", 1L, "gemm/sum_parts_f32", 1L),
                calls(op, tensor(DType.F16, 1, 37, 37, 64), tensor(DType.F16, 1, 37, 37, 64)));
    }

    @Test
    void aConvolutionForWhichTheLibraryHasNoAlgorithmIsTheProjects() {
        close();
        open((CudaDriver) Proxy.newProxyInstance(CudaDriver.class.getClassLoader(), new Class<?>[] {CudaDriver.class},
                (proxy, method, arguments) -> {
                    if (method.getName().equals("convolutionPlan")) {
                        throw new NoConvolutionAlgorithmException("none for " + arguments[0]);
                    }
                    try {
                        return method.invoke(dry, arguments);
                    } catch (InvocationTargetException e) {
                        throw e.getCause();
                    }
                }));
        assertEquals(Map.of("conv_sm80/conv_small_f16", 1L), conv(DType.F16, new Conv2d(SAME, false, false)));
        assertEquals(Map.of("conv_backward/conv_input_f32", 1L), calls(new Conv2dBackwardInput(SAME, 37, 37),
                tensor(DType.F32, 1, 37, 37, 64), tensor(DType.F32, 64, 3, 3, 64)));
    }
}
