package dev.fathom.training.data.maps;

import dev.fathom.nn.hdf5.Hdf5Arrays;
import java.nio.file.Path;
import java.util.Arrays;

/** An array of an HDF5 file. */
final class Hdf5Map {
    private Hdf5Map() {
    }

    /**
     * @param array its path in the file; null for the only one
     * @param columnsFirst whether the file is MATLAB's, which writes [W,H] for a matrix of H rows
     */
    static RawMap read(Path file, String array, boolean columnsFirst) {
        try (Hdf5Arrays arrays = Hdf5Arrays.open(file)) {
            String name = array != null && arrays.has(array) ? array : NpzMap.choose(file, arrays.names(), array);
            PlaneShape shape = PlaneShape.of(file + ", array " + name,
                    Arrays.stream(arrays.shape(name)).asLongStream().toArray());
            float[] values = arrays.floats(name);
            return columnsFirst
                    ? new RawMap(shape.height(), shape.width(), PlaneShape.rowsFirst(values, shape.width(), shape.height()))
                    : new RawMap(shape.width(), shape.height(), values);
        }
    }
}
