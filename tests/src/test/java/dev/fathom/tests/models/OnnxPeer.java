package dev.fathom.tests.models;

import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession;
import ai.onnxruntime.OrtSession.SessionOptions;
import dev.fathom.models.depthanything.DepthHead;
import dev.fathom.models.depthanything.ModelConfig;
import dev.fathom.models.onnx.OnnxExport;
import dev.fathom.nn.checkpoint.CheckpointTensor;
import java.nio.FloatBuffer;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Map;
import java.util.Optional;

/** An exported file, opened by ONNX Runtime. */
final class OnnxPeer implements AutoCloseable {
    private final OrtSession session;

    private OnnxPeer(OrtSession session) {
        this.session = session;
    }

    /** Prepares options, with what they refer to still open when the session is made. */
    interface Setting {
        void on(OrtEnvironment environment, SessionOptions options) throws OrtException;
    }

    /** One thread: more would spin between the operators of such small networks. */
    static OnnxPeer open(Path file) throws OrtException {
        return open(file, (environment, options) -> options.setIntraOpNumThreads(1));
    }

    static OnnxPeer open(Path file, Setting setting) throws OrtException {
        OrtEnvironment environment = OrtEnvironment.getEnvironment();
        try (SessionOptions options = new SessionOptions()) {
            setting.on(environment, options);
            return new OnnxPeer(environment.createSession(file.toString(), options));
        }
    }

    /** Writes a model with its weights inside. */
    static Path export(Path file, ModelConfig config, DepthHead head, Map<String, CheckpointTensor> state, int opset) {
        new OnnxExport("tiny", Optional.of("ab12"), opset).write(file, config, head, state, false, bytes -> { });
        return file;
    }

    /**
     * The depth [n,h,w] for pictures.
     *
     * @param nchw normalised, [n,3,h,w]
     */
    double[] run(float[] nchw, int n, int h, int w) throws OrtException {
        OrtEnvironment environment = OrtEnvironment.getEnvironment();
        try (OnnxTensor image = OnnxTensor.createTensor(environment, FloatBuffer.wrap(nchw), new long[] {n, 3, h, w});
                OrtSession.Result result = session.run(Map.of("image", image))) {
            OnnxTensor depth = (OnnxTensor) result.get("depth").orElseThrow();
            long[] shape = depth.getInfo().getShape();
            if (shape.length != 3 || shape[0] != n || shape[1] != h || shape[2] != w) {
                throw new AssertionError("depth is " + Arrays.toString(shape));
            }
            FloatBuffer values = depth.getFloatBuffer();
            double[] out = new double[values.remaining()];
            for (int i = 0; i < out.length; i++) {
                out[i] = values.get(i);
            }
            return out;
        }
    }

    OrtSession session() {
        return session;
    }

    @Override
    public void close() throws OrtException {
        session.close();
    }
}
