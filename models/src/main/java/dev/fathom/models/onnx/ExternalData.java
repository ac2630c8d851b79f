package dev.fathom.models.onnx;

import dev.fathom.models.onnx.OnnxFile.Weight;
import dev.fathom.nn.checkpoint.CheckpointTensor;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.util.HashMap;
import java.util.Map;
import java.util.SequencedMap;
import java.util.function.LongConsumer;

/**
 * Weights in a file of their own, beside the graph: float32, one after another, with gaps so that runtimes can map
 * them. Large ones begin at multiples of 64 KiB (what every system can map at), small ones at multiples of 64.
 */
final class ExternalData {
    private static final long LARGE = 1 << 20;
    private static final long LARGE_STEP = 1 << 16;
    private static final long SMALL_STEP = 64;

    private final String location;
    private final SequencedMap<String, CheckpointTensor> weights;
    private final Map<String, Long> offsets = new HashMap<>();

    /** @param location the file's name, in the graph's own folder */
    ExternalData(String location, SequencedMap<String, CheckpointTensor> weights) {
        this.location = location;
        this.weights = weights;
        long end = 0;
        for (Map.Entry<String, CheckpointTensor> e : weights.entrySet()) {
            long step = e.getValue().byteSize() >= LARGE ? LARGE_STEP : SMALL_STEP;
            long begin = (end + step - 1) / step * step;
            offsets.put(e.getKey(), begin);
            end = begin + e.getValue().byteSize();
        }
    }

    String location() {
        return location;
    }

    long offset(String weight) {
        return offsets.get(weight);
    }

    void writeTo(FileChannel channel, LongConsumer progress) throws IOException {
        for (Map.Entry<String, CheckpointTensor> e : weights.entrySet()) {
            channel.position(offset(e.getKey()));
            new Weight(e.getValue(), progress).writeTo(channel);
        }
    }
}
