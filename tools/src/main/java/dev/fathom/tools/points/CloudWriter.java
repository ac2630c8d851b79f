package dev.fathom.tools.points;

import dev.fathom.engine.errors.FathomException;
import dev.fathom.models.image.Picture;
import dev.fathom.tools.cli.Version;
import dev.fathom.tools.output.OutputFolder;
import dev.fathom.tools.output.PngFile;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** Makes the files of one frame: the cloud and the pictures of it. */
final class CloudWriter {
    /**
     * What is made of the points.
     *
     * @param farthest depths beyond are left out; infinite for none
     * @param voxel side of the cubes that are thinned to a point; 0 for all points
     * @param mesh whether there are triangles too
     * @param width of a view, {@code height} likewise
     */
    record Plan(PlyFile.Form form, EdgeCut cut, double farthest, double voxel, boolean mesh, List<Viewpoint> views,
            int width, int height) {
        /** What the names of a frame's files end in. */
        List<String> suffixes() {
            List<String> suffixes = new ArrayList<>(List.of(PLY));
            views.forEach(view -> suffixes.add(suffix(view)));
            return suffixes;
        }

        private static String suffix(Viewpoint view) {
            return "_view_" + view.name() + ".png";
        }
    }

    private static final String PLY = ".ply";
    /** Of a picture in work, twice; its depth; which of its points are kept; some to spare. */
    private static final long BYTES_A_PIXEL = 20;
    /** Of a cube: its sums, its places in the hash table, and as much again while these grow. */
    private static final long BYTES_A_CUBE = 250;

    private final Plan plan;
    private final Path folder;

    CloudWriter(Plan plan, Path folder) {
        this.plan = plan;
        this.folder = folder;
    }

    /** Memory for a pixel, at most: with cubes smaller than pixels are apart there is one for each. */
    long bytesAPixel() {
        return BYTES_A_PIXEL + (plan.voxel > 0 ? BYTES_A_CUBE : 0);
    }

    /**
     * Writes.
     *
     * @param name of the frame in messages
     * @param facts where it is from, for the file's comments
     * @param unit of lengths: {@code m}, or empty
     * @return what was made, for people
     */
    String write(Path stem, String name, DepthFrame frame, CameraChoice camera, String unit, List<String> facts) {
        GridPoints grid = new GridPoints(frame, plan.cut, plan.farthest);
        if (grid.count() == 0) {
            throw new FathomException(name + " has no point left: " + grid.withDepth() + " of " + frame.depth().length
                    + " pixels have a depth, " + grid.tooFar() + " are beyond --farthest, " + grid.hanging()
                    + " hang at edges; expected some, so loosen these.");
        }
        try {
            PointSource points = plan.voxel > 0 ? new VoxelPoints(grid, plan.voxel) : grid;
            Path base = folder.resolve(stem.toString());
            OutputFolder.make(base.toAbsolutePath().getParent());
            Path ply = base.resolveSibling(base.getFileName() + PLY);
            List<String> comments = comments(grid, camera, unit, facts);
            int faces = PlyFile.write(ply, plan.form, points, plan.mesh ? grid : null, comments);
            for (Viewpoint view : plan.views) {
                Picture picture = CloudView.of(points, view, plan.width, plan.height);
                Map<String, Object> text = new LinkedHashMap<>();
                text.put("view", view.name() + ": yaw " + view.yaw() + ", pitch " + view.pitch() + " degrees");
                text.put("cloud", String.join("; ", comments));
                PngFile.writePicture(base.resolveSibling(base.getFileName() + Plan.suffix(view)), picture, text);
            }
            return ply + ": " + what(grid, points, faces) + "; camera " + camera;
        } catch (IOException e) {
            // Points come from memory, and writing has its own sentence.
            throw new UncheckedIOException("going through the points of " + name, e);
        }
    }

    private String what(GridPoints grid, PointSource points, int faces) {
        List<String> parts = new ArrayList<>();
        parts.add(count(points.count()) + " points of " + count(grid.frame().depth().length) + " pixels");
        int holes = grid.frame().depth().length - grid.withDepth();
        if (holes > 0) {
            parts.add(count(holes) + " without depth");
        }
        if (grid.tooFar() > 0) {
            parts.add(count(grid.tooFar()) + " too far");
        }
        if (plan.cut.cuts()) {
            parts.add(count(grid.hanging()) + " cut at edges");
        }
        if (plan.mesh) {
            parts.add(count(faces) + " triangles");
        }
        return String.join(", ", parts);
    }

    private static String count(int number) {
        return String.format(Locale.ROOT, "%,d", number);
    }

    private List<String> comments(GridPoints grid, CameraChoice camera, String unit, List<String> facts) {
        List<String> comments = new ArrayList<>();
        comments.add(Version.line());
        comments.addAll(facts);
        comments.add("unit " + (unit.isEmpty() ? "none: relative" : unit));
        comments.add("axes " + plan.form.axes().words());
        comments.add("camera " + camera);
        if (plan.farthest < Double.POSITIVE_INFINITY) {
            comments.add("farthest " + plan.farthest);
        }
        if (plan.cut.cuts()) {
            comments.add("edges cut " + plan.cut + ": " + grid.hanging() + " points");
        }
        if (plan.voxel > 0) {
            comments.add("voxel " + plan.voxel + ": mean of each cube");
        }
        return comments;
    }
}
