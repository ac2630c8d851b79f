package dev.fathom.tests.bench;

import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession;
import dev.fathom.engine.Tensor;
import dev.fathom.engine.Tensors;
import dev.fathom.engine.autograd.GradMode;
import dev.fathom.engine.cpu.WorkPool;
import dev.fathom.engine.memory.MemoryScope;
import dev.fathom.models.depthanything.DepthAnythingV2;
import dev.fathom.models.depthanything.DepthHead;
import dev.fathom.models.depthanything.Encoder;
import dev.fathom.models.onnx.OnnxExport;
import java.io.IOException;
import java.nio.FloatBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/**
 * Fathom and ONNX Runtime on the same graph and weights, in turns, with as many threads. Run its {@code main}. Not a
 * test.
 */
public final class OnnxBench {
    private OnnxBench() {
    }

    /** Arguments: encoder (vits), input size (518), runs (9). */
    public static void main(String[] args) throws IOException, OrtException {
        Encoder encoder = Encoder.of(args.length > 0 ? args[0] : "vits");
        int size = args.length > 1 ? Integer.parseInt(args[1]) : 518;
        int runs = args.length > 2 ? Integer.parseInt(args[2]) : 9;
        Path folder = Files.createTempDirectory("onnx");
        Path file = folder.resolve("model.onnx");
        OrtEnvironment environment = OrtEnvironment.getEnvironment();
        try (MemoryScope scope = MemoryScope.open("model"); GradMode.Scope off = GradMode.noGrad();
                OrtSession.SessionOptions options = new OrtSession.SessionOptions()) {
            DepthAnythingV2 network = new DepthAnythingV2(encoder.config(), new DepthHead.Metric(10));
            network.parameters().initialise(1);
            new OnnxExport(encoder.id(), Optional.empty(), OnnxExport.OLDEST_OPSET).write(file, network.config(),
                    network.head(), network.parameters().toStateDict(), true, bytes -> { });
            options.setIntraOpNumThreads(WorkPool.shared().threads());
            // The same picture for both: a constant one is the same in either layout.
            float[] picture = new float[3 * size * size];
            Arrays.fill(picture, 0.3f);
            double[] ours = new double[runs];
            double[] theirs = new double[runs];
            Tensor x = Tensors.of(picture, 1, size, size, 3);
            try (OrtSession session = environment.createSession(file.toString(), options);
                    OnnxTensor image = OnnxTensor.createTensor(environment, FloatBuffer.wrap(picture),
                            new long[] {1, 3, size, size})) {
                for (int i = -3; i < runs; i++) {
                    long start = System.nanoTime();
                    try (MemoryScope run = MemoryScope.open("run")) {
                        network.forward(x);
                    }
                    long middle = System.nanoTime();
                    session.run(Map.of("image", image)).close();
                    if (i >= 0) {
                        ours[i] = (middle - start) / 1e9;
                        theirs[i] = (System.nanoTime() - middle) / 1e9;
                    }
                }
            }
            System.out.printf(Locale.ROOT, "%s %dx%d, %d threads, median of %d: Fathom %.3f s, ONNX Runtime %s %.3f s,"
                    + " ratio %.2f%n", encoder.id(), size, size, WorkPool.shared().threads(), runs, median(ours),
                    environment.getVersion(), median(theirs), median(theirs) / median(ours));
        } finally {
            Files.deleteIfExists(OnnxExport.dataFile(file));
            Files.deleteIfExists(file);
            Files.delete(folder);
        }
    }

    private static double median(double[] values) {
        double[] sorted = values.clone();
        Arrays.sort(sorted);
        return sorted[sorted.length / 2];
    }
}
