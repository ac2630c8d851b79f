package dev.fathom.tests.data;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.fathom.engine.errors.FathomException;
import dev.fathom.tests.golden.Formula;
import dev.fathom.training.data.NyuHdf5Writer;
import io.jhdf.HdfFile;
import io.jhdf.api.Dataset;
import io.jhdf.object.datatype.FixedPoint;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What the writer stores is read back by another implementation (jhdf) to the bit. */
class NyuHdf5WriterTest {

    @TempDir
    Path folder;

    @Test
    void jhdfReadsBackEveryValue() {
        for (int[] size : new int[][] {{5, 3}, {1, 1}, {64, 48}, {7, 200}}) {
            int width = size[0];
            int height = size[1];
            byte[] rgb = Formula.bytes("rgb" + width, 3 * width * height);
            float[] depth = Formula.floats("depth" + width, width * height, 5, 5);
            Path file = folder.resolve(width + "x" + height + ".h5");
            NyuHdf5Writer.write(file, width, height, rgb, depth);

            try (HdfFile hdf = new HdfFile(file)) {
                assertEquals(Set.of("rgb", "depth"), hdf.getChildren().keySet());
                Dataset rgbSet = hdf.getDatasetByPath("rgb");
                assertArrayEquals(new int[] {3, height, width}, rgbSet.getDimensions());
                assertFalse(((FixedPoint) rgbSet.getDataType()).isSigned());
                int[][][] planes = (int[][][]) rgbSet.getData();
                float[][] rows = (float[][]) hdf.getDatasetByPath("depth").getData();
                for (int y = 0; y < height; y++) {
                    for (int x = 0; x < width; x++) {
                        for (int c = 0; c < 3; c++) {
                            assertEquals(rgb[3 * (y * width + x) + c] & 0xFF, planes[c][y][x]);
                        }
                        assertEquals(depth[y * width + x], rows[y][x]);
                    }
                }
            }
        }
    }

    @Test
    void sizesThatDoNotFitAreRefused() {
        Path file = folder.resolve("x.h5");
        FathomException wrong = assertThrows(FathomException.class,
                () -> NyuHdf5Writer.write(file, 2, 2, new byte[12], new float[3]));
        assertTrue(wrong.getMessage().contains("4 depths") && wrong.getMessage().contains("12 and 3"),
                wrong.getMessage());
        assertThrows(FathomException.class, () -> NyuHdf5Writer.write(file, 0, 2, new byte[0], new float[0]));
        assertFalse(Files.exists(file));
    }

    @Test
    void aMissingFolderIsNamed() {
        Path file = folder.resolve("none").resolve("x.h5");
        FathomException missing = assertThrows(FathomException.class,
                () -> NyuHdf5Writer.write(file, 1, 1, new byte[3], new float[1]));
        assertTrue(missing.getMessage().contains(file.toString()), missing.getMessage());
    }

    @Test
    void flatPicturesCompress() throws IOException {
        Path file = folder.resolve("flat.h5");
        NyuHdf5Writer.write(file, 640, 480, new byte[3 * 640 * 480], new float[640 * 480]);
        assertTrue(Files.size(file) < 20_000, "" + Files.size(file));
    }
}
