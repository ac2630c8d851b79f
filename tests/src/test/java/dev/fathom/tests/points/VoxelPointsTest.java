package dev.fathom.tests.points;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.fathom.engine.errors.FathomException;
import dev.fathom.tools.points.DepthFrame;
import dev.fathom.tools.points.EdgeCut;
import dev.fathom.tools.points.GridPoints;
import dev.fathom.tools.points.PlyFile;
import dev.fathom.tools.points.VoxelPoints;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** One point a cube: the mean of its points, in the order of the first of each. */
class VoxelPointsTest {
    private static final PlyFile.Form FORM = new PlyFile.Form(false, false, PlyFile.Axes.OPENCV);

    @TempDir
    private Path folder;

    private static GridPoints cloud(int seed, int side) {
        Random random = new Random(seed);
        return new GridPoints(Scenes.frame(side, side, (x, y) -> 0.5 + 2 * random.nextDouble()), EdgeCut.NONE,
                Double.POSITIVE_INFINITY);
    }

    @Test
    void theMeanOfEachCube() throws IOException {
        GridPoints points = cloud(5, 50);
        DepthFrame frame = points.frame();
        double size = 0.11;
        Map<List<Long>, List<double[]>> cubes = new LinkedHashMap<>();
        for (int i = 0; i < frame.depth().length; i++) {
            double[] p = {frame.x(i), frame.y(i), frame.depth()[i], frame.picture().rgb()[3 * i] & 0xFF,
                frame.picture().rgb()[3 * i + 1] & 0xFF, frame.picture().rgb()[3 * i + 2] & 0xFF};
            cubes.computeIfAbsent(List.of((long) Math.floor(p[0] / size), (long) Math.floor(p[1] / size),
                    (long) Math.floor(p[2] / size)), key -> new ArrayList<>()).add(p);
        }
        VoxelPoints thin = new VoxelPoints(points, size);
        assertEquals(cubes.size(), thin.count());
        assertTrue(thin.count() > 500 && thin.count() < 2300, "a test with " + thin.count() + " cubes shows little");
        Path file = folder.resolve("thin.ply");
        PlyFile.write(file, FORM, thin, null, List.of());
        List<PlyReader.Row> rows = PlyReader.read(file).vertices();
        int at = 0;
        for (List<double[]> cube : cubes.values()) {
            PlyReader.Row row = rows.get(at++);
            String[] names = {"x", "y", "z", "red", "green", "blue"};
            for (int k = 0; k < names.length; k++) {
                int column = k;
                double mean = cube.stream().mapToDouble(p -> p[column]).sum() / cube.size();
                assertEquals(k < 3 ? mean : Math.round(mean), row.get(names[k]), k < 3 ? 1e-6 : 0, names[k]);
            }
        }
    }

    @Test
    void theSameBytesEachTime() throws IOException {
        byte[][] files = new byte[2][];
        for (int i = 0; i < 2; i++) {
            Path file = folder.resolve("again.ply");
            PlyFile.write(file, FORM, new VoxelPoints(cloud(9, 40), 0.2), null, List.of());
            files[i] = Files.readAllBytes(file);
        }
        assertEquals(-1, Arrays.mismatch(files[0], files[1]));
    }

    @Test
    void cubesTooSmallToCount() {
        assertTrue(assertThrows(FathomException.class, () -> new VoxelPoints(cloud(1, 4), 1e-7)).getMessage()
                .contains("choose a larger --voxel"));
    }
}
