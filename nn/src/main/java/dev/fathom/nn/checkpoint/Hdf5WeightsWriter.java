package dev.fathom.nn.checkpoint;

import dev.fathom.engine.DType;
import dev.fathom.engine.errors.CheckpointException;
import dev.fathom.engine.errors.Hdf5Exception;
import dev.fathom.nn.hdf5.Hdf5Element;
import dev.fathom.nn.hdf5.Hdf5Writer;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.nio.file.Path;
import java.util.Collection;
import java.util.Map;

/** Writes weights as HDF5: {@link Hdf5WeightsFile} says how they lie there. */
final class Hdf5WeightsWriter {
    private Hdf5WeightsWriter() {
    }

    /** Writes to {@code temporary}; {@code target} is what messages name. */
    static void write(Path temporary, Path target, Collection<CheckpointTensor> tensors, Map<String, String> metadata)
            throws IOException {
        try (var out = new Hdf5Writer(temporary)) {
            for (Map.Entry<String, String> e : metadata.entrySet()) {
                out.attribute(e.getKey(), e.getValue());
            }
            for (CheckpointTensor t : tensors) {
                try (Arena arena = Arena.ofConfined()) {
                    out.dataset(t.name(), element(t.dtype()), t.shape().toArray(), t.data(arena));
                }
            }
            out.finish();
        } catch (Hdf5Exception e) {
            throw new CheckpointException(target + " cannot be written: " + e.getMessage(), e);
        }
    }

    static Hdf5Element.Kind element(DType dtype) {
        return switch (dtype) {
            case F64 -> Hdf5Element.Kind.F64;
            case F32 -> Hdf5Element.Kind.F32;
            case F16 -> Hdf5Element.Kind.F16;
            case BF16 -> Hdf5Element.Kind.BF16;
            case I64 -> Hdf5Element.Kind.I64;
            case I32 -> Hdf5Element.Kind.I32;
            case I16 -> Hdf5Element.Kind.I16;
            case I8 -> Hdf5Element.Kind.I8;
            case U8 -> Hdf5Element.Kind.U8;
            case BOOL -> Hdf5Element.Kind.BOOL;
        };
    }
}
