package dev.fathom.tests.models;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.fathom.engine.dispatch.Backends;
import dev.fathom.engine.Device;
import dev.fathom.engine.Precision;
import dev.fathom.engine.errors.FathomException;
import dev.fathom.engine.memory.HostAllocator;
import dev.fathom.engine.memory.MemoryScope;
import dev.fathom.models.depthanything.DepthAnythingV2;
import dev.fathom.models.depthanything.DepthEstimator;
import dev.fathom.models.depthanything.DepthHead;
import dev.fathom.models.depthanything.Encoder;
import dev.fathom.models.depthanything.MemoryForecast;
import dev.fathom.models.depthanything.ModelConfig;
import dev.fathom.models.dinov2.VitConfig;
import dev.fathom.models.image.NetworkSize;
import dev.fathom.nn.StateDictLoader.Memory;
import java.util.List;
import java.util.Locale;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** The forecast against what the allocator measures, and what it is for: refusing the impossible in words. */
class MemoryForecastTest {

    @ParameterizedTest
    @EnumSource(Encoder.class)
    void isNeverTooLowAndNotMuchTooHigh(Encoder encoder) {
        ModelConfig config = shallow(encoder.config());
        try (MemoryScope scope = MemoryScope.open("test"); SyntheticWeights weights = WeightFiles.synthetic(config)) {
            DepthAnythingV2 model = new DepthAnythingV2(config, new DepthHead.Metric(20));
            weights.load(model.parameters(), Device.CPU, Memory.MAP);
            if (encoder == Encoder.VITS) {
                compare(model, 28, 42, 28, 42);
                compare(model, 182, 252, 182, 252);
                neverTooLowInHalf(model, 182, 252);
                compare(model, 28, 1120, 20, 800);
                compare(model, 84, 98, 3000, 2000);
            } else {
                compare(model, 140, 196, 140, 196);
            }
        }
    }

    /** Without values: a forecast needs none. */
    private static DepthAnythingV2 viTS() {
        return new DepthAnythingV2(Encoder.VITS.config(), new DepthHead.Relative());
    }

    private static void compare(DepthAnythingV2 model, int networkHeight, int networkWidth, int height, int width) {
        NetworkSize size = new NetworkSize(networkWidth, networkHeight);
        HostAllocator allocator = HostAllocator.shared();
        long before = allocator.stats().liveBytes();
        allocator.resetPeak();
        new DepthEstimator(model, 518).estimate(new float[3 * networkHeight * networkWidth], size, width, height);
        long measured = allocator.stats().peakBytes() - before;
        long forecast = MemoryForecast.of(model, size, width, height, Precision.FP32).activations();
        assertTrue(forecast >= measured && forecast <= 1.35 * measured, String.format(Locale.ROOT,
                "%s at %s for %d x %d pixels: forecast %,d bytes, measured %,d", model.config().vit(), size, width,
                height, forecast, measured));
    }

    /** 16-bit activations with the float32 copies of those that a kernel is at. */
    private static void neverTooLowInHalf(DepthAnythingV2 model, int height, int width) {
        NetworkSize size = new NetworkSize(width, height);
        HostAllocator allocator = HostAllocator.shared();
        long before = allocator.stats().liveBytes();
        allocator.resetPeak();
        try (DepthEstimator estimator = new DepthEstimator(model, 518, Precision.BF16)) {
            estimator.estimate(new float[3 * height * width], size, width, height);
            long measured = allocator.stats().peakBytes() - before;
            MemoryForecast forecast = estimator.forecast(size);
            assertTrue(forecast.activations() + forecast.casts() >= measured,
                    forecast + " but " + measured + " bytes were taken");
        }
        assertEquals(before, allocator.stats().liveBytes(), "the casts go with the estimator");
    }

    /** What is alive at once does not depend on the number of blocks, so four of them measure the giant too. */
    private static ModelConfig shallow(ModelConfig config) {
        VitConfig v = config.vit();
        VitConfig four = new VitConfig(v.imageSize(), v.patch(), v.dim(), 4, v.heads(), v.ffn());
        return new ModelConfig(four, List.of(0, 1, 2, 3), config.dpt());
    }

    /**
     * 25 million parameters, 56 MB of activations at 518 x 518: the floor of 700 MB resident leaves room for the JVM.
     */
    @Test
    void viTSAtTheTrainedSize() {
        MemoryForecast forecast = MemoryForecast.of(viTS(), new NetworkSize(518, 518));
        assertEquals(24_785_089L * 4, forecast.weights());
        assertEquals(58e6, forecast.activations(), 2e6);
        assertEquals(forecast.weights() + forecast.activations(), forecast.total());
    }

    @ParameterizedTest
    @CsvSource({"10,100000", "100000,10", "1,4000"})
    void absurdlyThinPicturesAreRefusedWithAdvice(int width, int height) {
        NetworkSize size = NetworkSize.of(width, height, NetworkSize.DEFAULT_INPUT_SIZE);
        MemoryForecast forecast = MemoryForecast.of(viTS(), size, width, height, Precision.FP32);
        String message = assertThrows(FathomException.class, () -> forecast.requireFits("strip.png", size))
                .getMessage();
        String expected = String.format(Locale.ROOT, "strip.png would be %d x %d pixels (%,d tokens) for the network"
                + " and take about %,d MiB of memory,"
                + " of which this machine can give %,d MiB; crop the picture, or use a smaller --input-size or"
                + " encoder.",
                size.width(), size.height(),
                size.patches(), forecast.total() >> 20, Backends.of(Device.CPU).availableBytes() >> 20);
        // The heap may have grown between the two calls.
        assertEquals(expected.replaceAll("can give [\\d.,]+", ""), message.replaceAll("can give [\\d.,]+", ""));
    }

    @Test
    void anOrdinaryPictureFits() {
        NetworkSize size = NetworkSize.of(640, 480, 518);
        MemoryForecast.of(viTS(), size, 640, 480, Precision.FP32).requireFits("photo.jpg", size);
    }
}
