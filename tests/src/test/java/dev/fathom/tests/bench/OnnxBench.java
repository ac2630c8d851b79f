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
import dev.fathom.models.depthanything.Encoder;
import dev.fathom.tools.bench.MarkdownTable;
import dev.fathom.tools.bench.Samples;
import java.io.IOException;
import java.nio.FloatBuffer;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Stream;

/**
 * Fathom and ONNX Runtime on the same graph and weights, in turns, with as many threads: seconds, the ratio of each
 * turn, how far the results lie apart, and what either holds in memory in a process of its own. Run its {@code main}.
 * Not a test.
 */
public final class OnnxBench {
    /** Neither's waiting threads shall run in the other's turn: both look for more work for a while after each. */
    private static final long PAUSE_MILLIS = 20;
    private static final int WARM_UP = 3;

    private final int turns;
    private final MarkdownTable table = new MarkdownTable(1, "model", "size", "batch", "threads", "Fathom s",
            "ONNX Runtime s", "ratio", "quartiles", "off at most", "off rms", "result rms");

    private OnnxBench(int turns) {
        this.turns = turns;
    }

    /**
     * Arguments, each with commas between several: encoders (vits), input sizes (518), turns (9), batches (1), threads
     * (1 and all). What is left out is as in brackets.
     */
    public static void main(String[] args) throws IOException, OrtException, InterruptedException {
        if (!PeerProcess.isOne()) {
            System.exit(PeerProcess.of(OnnxBench.class, List.of(args)).inheritIO().start().waitFor());
        }
        List<Encoder> encoders = words(args, 0, "vits").stream().map(Encoder::of).toList();
        List<Integer> sizes = numbers(args, 1, "518");
        OnnxBench bench = new OnnxBench(numbers(args, 2, "9").getFirst());
        List<Integer> batches = numbers(args, 3, "1");
        int all = WorkPool.shared().threads();
        List<Integer> threads = numbers(args, 4, all == 1 ? "1" : "1," + all);
        MarkdownTable memory = new MarkdownTable(1, "model", "size", "batch", "threads", "Fathom MiB",
                "ONNX Runtime MiB");
        for (Encoder encoder : encoders) {
            try (PeerFiles files = PeerFiles.of(encoder)) {
                for (int count : threads) {
                    bench.compare(files, sizes, batches, count);
                }
                for (int size : sizes) {
                    for (int batch : batches) {
                        memory.row(encoder.id(), Integer.toString(size), Integer.toString(batch),
                                Integer.toString(all), mebibytes("fathom", files.weights(), size, batch, all),
                                mebibytes("onnx", files.graph(), size, batch, all));
                    }
                }
            }
        }
        System.out.println("ONNX Runtime " + OrtEnvironment.getEnvironment().getVersion() + ", " + bench.turns
                + " turns; ratio: its time over Fathom's, the median of the turns' ratios");
        System.out.println();
        System.out.println(bench.table);
        System.out.println("Resident at most, each in a process of its own (a JVM), after three passes:");
        System.out.println();
        System.out.println(memory);
    }

    private static List<String> words(String[] args, int at, String otherwise) {
        return Stream.of((at < args.length ? args[at] : otherwise).split(",")).toList();
    }

    private static List<Integer> numbers(String[] args, int at, String otherwise) {
        return words(args, at, otherwise).stream().map(Integer::parseInt).toList();
    }

    private static String mebibytes(String who, Path file, int size, int batch, int threads)
            throws IOException, InterruptedException {
        return MarkdownTable.number(PeerMemory.inChild(who, file, size, batch, threads) / (double) (1 << 20), 0);
    }

    private void compare(PeerFiles files, List<Integer> sizes, List<Integer> batches, int threads)
            throws OrtException, InterruptedException {
        OrtEnvironment environment = OrtEnvironment.getEnvironment();
        WorkPool pool = new WorkPool(threads);
        WorkPool shared = WorkPool.replaceShared(pool);
        try (MemoryScope scope = MemoryScope.open("model"); GradMode.Scope off = GradMode.noGrad();
                OrtSession.SessionOptions options = new OrtSession.SessionOptions()) {
            DepthAnythingV2 network = files.network();
            options.setIntraOpNumThreads(threads);
            try (OrtSession session = environment.createSession(files.graph().toString(), options)) {
                for (int size : sizes) {
                    for (int batch : batches) {
                        try (MemoryScope pictures = MemoryScope.open("pictures")) {
                            row(files.encoder(), size, batch, threads, network, session, environment);
                        }
                    }
                }
            }
        } finally {
            WorkPool.replaceShared(shared);
            pool.close();
        }
    }

    private void row(Encoder encoder, int size, int batch, int threads, DepthAnythingV2 network, OrtSession session,
                     OrtEnvironment environment) throws OrtException, InterruptedException {
        float[] picture = picture(size, batch);
        Tensor x = Tensors.of(picture, batch, size, size, 3);
        double[] ours = new double[turns];
        double[] theirs = new double[turns];
        double[] ratios = new double[turns];
        float[][] results = new float[2][];
        try (OnnxTensor image = OnnxTensor.createTensor(environment, FloatBuffer.wrap(planes(picture, size, batch)),
                new long[] {batch, 3, size, size})) {
            for (int i = -Math.min(WARM_UP, turns); i < turns; i++) {
                // Who goes first changes, so that neither always finds the machine as the other left it.
                double[] seconds = new double[2];
                for (int who : i % 2 == 0 ? new int[] {0, 1} : new int[] {1, 0}) {
                    Thread.sleep(PAUSE_MILLIS);
                    seconds[who] = who == 0 ? fathom(network, x, results) : runtime(session, image, results);
                }
                if (i >= 0) {
                    ours[i] = seconds[0];
                    theirs[i] = seconds[1];
                    ratios[i] = seconds[1] / seconds[0];
                }
            }
        }
        Samples ratio = new Samples(ratios);
        double[] off = difference(results[0], results[1]);
        table.row(encoder.id(), Integer.toString(size), Integer.toString(batch), Integer.toString(threads),
                MarkdownTable.number(new Samples(ours).median(), 3),
                MarkdownTable.number(new Samples(theirs).median(), 3), MarkdownTable.number(ratio.median(), 2),
                MarkdownTable.number(ratio.quantile(0.25), 2) + " to " + MarkdownTable.number(ratio.quantile(0.75), 2),
                String.format(Locale.ROOT, "%.1e", off[0]), String.format(Locale.ROOT, "%.1e", off[1]),
                String.format(Locale.ROOT, "%.1e", off[2]));
    }

    private static double fathom(DepthAnythingV2 network, Tensor x, float[][] results) {
        try (MemoryScope run = MemoryScope.open("run")) {
            long start = System.nanoTime();
            Tensor depth = network.forward(x);
            double seconds = (System.nanoTime() - start) * 1e-9;
            results[0] = depth.toFloats();
            return seconds;
        }
    }

    private static double runtime(OrtSession session, OnnxTensor image, float[][] results) throws OrtException {
        long start = System.nanoTime();
        try (OrtSession.Result result = session.run(Map.of("image", image))) {
            double seconds = (System.nanoTime() - start) * 1e-9;
            FloatBuffer depth = ((OnnxTensor) result.get(0)).getFloatBuffer();
            results[1] = new float[depth.remaining()];
            depth.get(results[1]);
            return seconds;
        }
    }

    /** The largest difference, the root of the mean square of the differences, and of the first's values. */
    private static double[] difference(float[] a, float[] b) {
        if (a.length != b.length) {
            throw new IllegalStateException("results of " + a.length + " and " + b.length + " values");
        }
        double most = 0;
        double squares = 0;
        double values = 0;
        for (int i = 0; i < a.length; i++) {
            double d = Math.abs((double) a[i] - b[i]);
            // Written so that NaN comes out as NaN.
            most = d <= most ? most : d;
            squares += d * d;
            values += (double) a[i] * a[i];
        }
        return new double[] {most, Math.sqrt(squares / a.length), Math.sqrt(values / a.length)};
    }

    /** [N,H,W,3]: shades and noise, as wide as normalised photos are. */
    static float[] picture(int size, int batch) {
        float[] values = new float[3 * size * size * batch];
        int noise = 7;
        for (int i = 0; i < values.length; i++) {
            noise = noise * 1664525 + 1013904223;
            values[i] = (float) (1.5 * Math.sin(i * 0.003) + (noise >>> 8) / (double) (1 << 24) - 0.5);
        }
        return values;
    }

    /** [N,H,W,3] to [N,3,H,W]. */
    static float[] planes(float[] picture, int size, int batch) {
        float[] planes = new float[picture.length];
        int area = size * size;
        for (int n = 0; n < batch; n++) {
            for (int p = 0; p < area; p++) {
                for (int c = 0; c < 3; c++) {
                    planes[(n * 3 + c) * area + p] = picture[(n * area + p) * 3 + c];
                }
            }
        }
        return planes;
    }
}
