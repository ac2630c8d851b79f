package dev.fathom.nn.checkpoint;

import dev.fathom.engine.errors.CheckpointException;
import java.nio.file.Path;
import java.util.Collection;
import java.util.HashSet;
import java.util.Map;

/** Writes weights files: the format follows from the name, the old file stays whole until the new one is. */
public final class CheckpointWriter {
    private CheckpointWriter() {
    }

    /**
     * Writes {@code path} ({@code .safetensors}, {@code .pth}, {@code .h5} or {@code .hdf5}) atomically: see {@link AtomicFile}.
     *
     * @param tensors  in the order that the file keeps; distinct, non-empty names
     * @param metadata strings about the file; no null values
     * @throws CheckpointException if a name or a value has no place in the format, or the disk refuses
     */
    public static void write(Path path, Collection<CheckpointTensor> tensors, Map<String, String> metadata) {
        CheckpointFormat format = CheckpointFormat.forWriting(path);
        check(path, tensors, metadata);
        AtomicFile.replace(path, temporary -> {
            switch (format) {
                case SAFETENSORS -> SafetensorsWriter.write(temporary, tensors, metadata);
                case HDF5 -> Hdf5WeightsWriter.write(temporary, path, tensors, metadata);
                case TORCH_ZIP -> TorchWriter.write(temporary, tensors, metadata);
                case TORCH_LEGACY -> throw new IllegalStateException("never chosen for writing: " + format);
            }
        });
    }

    private static void check(Path path, Collection<CheckpointTensor> tensors, Map<String, String> metadata) {
        var names = new HashSet<String>();
        for (CheckpointTensor t : tensors) {
            if (t.name().isEmpty() || t.name().equals("__metadata__") || !names.add(t.name())) {
                throw new CheckpointException(path + " cannot hold a tensor named '" + t.name()
                        + "' (again); expected distinct names, neither empty nor __metadata__: rename it.");
            }
        }
        metadata.forEach((key, value) -> {
            if (key == null || value == null) {
                throw new CheckpointException(path + " cannot hold metadata '" + key
                        + "' without a value; expected strings: leave it out.");
            }
        });
    }
}
