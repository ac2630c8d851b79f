package dev.fathom.tests.bench;

import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession;
import dev.fathom.engine.Tensors;
import dev.fathom.engine.autograd.GradMode;
import dev.fathom.engine.cpu.WorkPool;
import dev.fathom.engine.memory.MemoryScope;
import dev.fathom.engine.memory.ResidentMemory;
import dev.fathom.models.depthanything.DepthAnythingV2;
import dev.fathom.models.depthanything.DepthHead;
import dev.fathom.models.depthanything.ModelFile;
import java.io.IOException;
import java.nio.FloatBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/** What a process holds that loads a model from its file and runs it three times, by Fathom or by ONNX Runtime. */
final class PeerMemory {
    private static final int RUNS = 3;

    private PeerMemory() {
    }

    /** Bytes at most, measured by a JVM with the flags of this one. */
    static long inChild(String who, Path file, int size, int batch, int threads)
            throws IOException, InterruptedException {
        Process child = PeerProcess.of(PeerMemory.class, List.of(who, file.toString(), Integer.toString(size),
                Integer.toString(batch), Integer.toString(threads))).redirectError(ProcessBuilder.Redirect.DISCARD)
                .start();
        String said = new String(child.getInputStream().readAllBytes(), StandardCharsets.UTF_8).strip();
        if (child.waitFor() != 0) {
            throw new IllegalStateException("the process of " + who + " ended with " + child.exitValue());
        }
        return Long.parseLong(said);
    }

    /** In the child. Arguments: fathom or onnx, the model's file, size, batch, threads. Prints the bytes. */
    public static void main(String[] args) throws OrtException {
        Path file = Path.of(args[1]);
        int size = Integer.parseInt(args[2]);
        int batch = Integer.parseInt(args[3]);
        int threads = Integer.parseInt(args[4]);
        float[] picture = OnnxBench.picture(size, batch);
        if (args[0].equals("fathom")) {
            WorkPool.replaceShared(new WorkPool(threads)).close();
            fathom(file, size, batch, picture);
        } else {
            onnx(file, size, batch, threads, OnnxBench.planes(picture, size, batch));
        }
        System.out.println(ResidentMemory.peakBytes().orElse(0));
    }

    private static void fathom(Path file, int size, int batch, float[] picture) {
        try (ModelFile model = ModelFile.open(file); MemoryScope scope = MemoryScope.open("model");
                GradMode.Scope off = GradMode.noGrad()) {
            DepthAnythingV2 network = model.load(new DepthHead.Metric(10));
            for (int i = 0; i < RUNS; i++) {
                try (MemoryScope run = MemoryScope.open("run")) {
                    network.forward(Tensors.of(picture, batch, size, size, 3));
                }
            }
        }
    }

    private static void onnx(Path file, int size, int batch, int threads, float[] picture) throws OrtException {
        OrtEnvironment environment = OrtEnvironment.getEnvironment();
        try (OrtSession.SessionOptions options = new OrtSession.SessionOptions()) {
            options.setIntraOpNumThreads(threads);
            try (OrtSession session = environment.createSession(file.toString(), options);
                    OnnxTensor image = OnnxTensor.createTensor(environment, FloatBuffer.wrap(picture),
                            new long[] {batch, 3, size, size})) {
                for (int i = 0; i < RUNS; i++) {
                    session.run(Map.of("image", image)).close();
                }
            }
        }
    }
}
