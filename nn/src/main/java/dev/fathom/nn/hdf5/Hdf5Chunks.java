package dev.fathom.nn.hdf5;

import dev.fathom.engine.errors.Hdf5Exception;
import io.jhdf.api.Dataset;
import io.jhdf.api.dataset.ChunkedDataset;
import io.jhdf.dataset.chunked.Chunk;
import io.jhdf.dataset.chunked.ChunkOffset;
import io.jhdf.dataset.chunked.ChunkedDatasetBase;
import io.jhdf.filter.PipelineFilterWithData;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.util.Arrays;
import java.util.BitSet;
import java.util.List;
import java.util.Map;

/**
 * What jhdf does not look at in a chunked data set, and would read wrongly for it: chunk shapes that no memory holds,
 * chunks that are missing, and chunks whose filters were left out when they were written (jhdf issue 873).
 */
final class Hdf5Chunks {
    private static final int LZF = 32000;

    private Hdf5Chunks() {
    }

    /** Refuses what would be read wrongly; {@code where} begins the sentence. */
    static void check(ChunkedDataset dataset, String where) {
        checkShape(dataset, where);
        Map<ChunkOffset, Chunk> chunks = chunks(dataset);
        checkMasks(dataset, chunks, where);
        if (!chunks.isEmpty() && !fillsWithZero(dataset)) {
            checkNoneIsMissing(dataset, chunks, where);
        }
    }

    /** Whether elements that were never written read as zero, which is what jhdf gives for them. */
    static boolean fillsWithZero(Dataset dataset) {
        return switch (dataset.getFillValue()) {
            case null -> true;
            case Number n -> n.doubleValue() == 0;
            case Object other -> false;
        };
    }

    /** jhdf makes a table of each chunk's rows: a wild chunk shape would fill the heap before anything is read. */
    private static void checkShape(ChunkedDataset dataset, String where) {
        int[] chunk = dataset.getChunkDimensions();
        long elements = chunk.length == dataset.getDimensions().length ? 1 : 0;
        for (int size : chunk) {
            elements = size <= 0 || elements > Integer.MAX_VALUE / size ? 0 : elements * size;
        }
        if (elements <= 0 || elements > Runtime.getRuntime().maxMemory() / 16) {
            throw new Hdf5Exception(where + " has chunks of shape " + Arrays.toString(chunk) + " for an array of shape "
                    + Arrays.toString(dataset.getDimensions())
                    + "; expected positive sizes that fit in memory: make the file again.");
        }
    }

    /** LZF alone may be left out: h5py does so where it gains nothing, and jhdf recognises that by the chunk's size. */
    private static void checkMasks(ChunkedDataset dataset, Map<ChunkOffset, Chunk> chunks, String where) {
        List<PipelineFilterWithData> filters = dataset.getFilters();
        for (Chunk chunk : chunks.values()) {
            BitSet mask = chunk.getFilterMask();
            for (int i = 0; i < filters.size(); i++) {
                if (mask != null && mask.get(i) && filters.get(i).getId() != LZF) {
                    throw new Hdf5Exception(where + " has a chunk at " + Arrays.toString(chunk.getChunkOffset())
                            + " without the filter " + filters.get(i).getName()
                            + "; expected all chunks filtered alike: rewrite it with h5repack.");
                }
            }
        }
    }

    private static void checkNoneIsMissing(ChunkedDataset dataset, Map<ChunkOffset, Chunk> chunks, String where) {
        int[] shape = dataset.getDimensions();
        int[] chunk = dataset.getChunkDimensions();
        int[] at = new int[shape.length];
        int axis;
        do {
            if (!chunks.containsKey(new ChunkOffset(at.clone()))) {
                throw new Hdf5Exception(where + " lacks the chunk at " + Arrays.toString(at) + " and its fill value is "
                        + dataset.getFillValue() + "; expected every chunk: write them all, or fill with 0.");
            }
            axis = shape.length - 1;
            while (axis >= 0 && (at[axis] += chunk[axis]) >= shape[axis]) {
                at[axis--] = 0;
            }
        } while (axis >= 0);
    }

    /** The index of chunks, which jhdf 0.11 keeps to itself. */
    @SuppressWarnings("unchecked")
    private static Map<ChunkOffset, Chunk> chunks(ChunkedDataset dataset) {
        try {
            Method lookup = ChunkedDatasetBase.class.getDeclaredMethod("getChunkLookup");
            lookup.setAccessible(true);
            return (Map<ChunkOffset, Chunk>) lookup.invoke(dataset);
        } catch (InvocationTargetException e) {
            throw e.getCause() instanceof RuntimeException r ? r : new IllegalStateException(e.getCause());
        } catch (ReflectiveOperationException e) {
            throw new IllegalStateException("this jhdf has no ChunkedDatasetBase.getChunkLookup any more", e);
        }
    }
}
