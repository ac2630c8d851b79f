package dev.fathom.training.data.sets;

import dev.fathom.engine.errors.FathomException;
import dev.fathom.engine.errors.Hdf5Exception;
import dev.fathom.models.camera.Intrinsics;
import dev.fathom.models.image.Picture;
import dev.fathom.nn.checkpoint.ContentHash;
import dev.fathom.nn.hdf5.Hdf5Arrays;
import dev.fathom.nn.hdf5.Hdf5Element;
import dev.fathom.training.data.DepthDataset;
import dev.fathom.training.data.DepthSample;
import dev.fathom.training.data.FrameException;
import dev.fathom.training.data.NyuHdf5Dataset;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.IntStream;

/**
 * The official {@code nyu_depth_v2_labeled.mat}: a MATLAB file of version 7.3, which is HDF5. MATLAB writes columns
 * first, so the axes stand in reverse: {@code images} [N,3,W,H] uint8, {@code depths} (holes filled by the authors) and
 * {@code rawDepths} (as measured) [N,W,H] float32 metres.
 *
 * <p>A frame is read by itself, so that 2.8 GB need not fit into memory; the file stays open, and one frame is read at a
 * time. Frames are counted from 1, as in MATLAB and in the authors' {@code splits.mat}.
 */
final class NyuLabeled implements DepthDataset, AutoCloseable {
    static final DatasetFormat FORMAT = new DatasetFormat("nyu-labeled",
            "the official nyu_depth_v2_labeled.mat: images, depths, rawDepths in one HDF5 file (MATLAB 7.3)", settings(),
            NyuLabeled::open);

    /**
     * The colour camera, for pictures of 640 x 480: camera_params.m of the NYU Depth V2 toolbox, whose pixels are
     * counted from 1.
     */
    private static final Intrinsics CAMERA = new Intrinsics(518.85790117450188, 519.46961112127485,
            325.58244941119034 - 1, 253.73616633400465 - 1);
    private static final int WIDTH = 640;
    private static final int HEIGHT = 480;

    private final Path file;
    private final Hdf5Arrays arrays;
    private final String depths;
    private final int[] size;
    /** Counted from 0. */
    private final int[] frames;

    private NyuLabeled(Path file, Hdf5Arrays arrays, String depths, int[] size, int[] frames) {
        this.file = file;
        this.arrays = arrays;
        this.depths = depths;
        this.size = size;
        this.frames = frames;
    }

    private static Map<String, String> settings() {
        Map<String, String> settings = new LinkedHashMap<>();
        settings.put("depth", "filled (default) or raw");
        settings.put("split", "all (default), eigen-test (testNdxs of splits.mat, 654 frames) or eigen-train (trainNdxs)");
        settings.put("splits", "the authors' splits.mat; otherwise the one beside the file");
        settings.put("list", "instead of split: a text file with a frame's number, from 1, in each line");
        return settings;
    }

    static DepthDataset open(DatasetSpec spec) {
        String depths = spec.choice("depth", "filled", "raw").equals("filled") ? "depths" : "rawDepths";
        String split = spec.choice("split", "all", "eigen-test", "eigen-train");
        if (spec.setting("list").isPresent() && spec.setting("split").isPresent()) {
            throw new FathomException("The data set nyu-labeled takes list or split, not both.");
        }
        if (spec.setting("splits").isPresent() && split.equals("all")) {
            throw new FathomException("The data set nyu-labeled uses splits with split=eigen-test or eigen-train only.");
        }
        Hdf5Arrays arrays = Hdf5Arrays.open(spec.path());
        try {
            int[] shape = checkLayout(spec.path(), arrays, depths);
            int[] frames = spec.setting("list").isPresent() ? listed(spec, shape[0])
                    : split.equals("all") ? IntStream.range(0, shape[0]).toArray()
                    : ofSplits(spec, split.equals("eigen-test") ? "testNdxs" : "trainNdxs", shape[0]);
            return new NyuLabeled(spec.path(), arrays, depths, new int[] {shape[2], shape[3]}, frames);
        } catch (RuntimeException e) {
            arrays.close();
            throw e;
        }
    }

    /** Returns [N,3,W,H]. */
    private static int[] checkLayout(Path file, Hdf5Arrays arrays, String depths) {
        if (!arrays.has("images") || !arrays.has(depths)) {
            throw new FathomException("The file " + file + " has no array images or no " + depths
                    + ": expected the official nyu_depth_v2_labeled.mat.");
        }
        int[] images = arrays.shape("images");
        int[] depth = arrays.shape(depths);
        if (images.length != 4 || images[0] < 1 || images[1] != 3 || images[2] < 1 || images[3] < 1
                || arrays.element("images").kind() != Hdf5Element.Kind.U8
                || !Arrays.equals(depth, new int[] {images[0], images[2], images[3]})
                || !switch (arrays.element(depths).kind()) { case F32, F64 -> true; default -> false; }) {
            throw new FathomException("In the file " + file + " images has shape " + Arrays.toString(images) + " of "
                    + arrays.element("images").kind() + " and " + depths + " " + Arrays.toString(depth) + " of "
                    + arrays.element(depths).kind() + ": expected (N, 3, width, height) of U8 and (N, width, height) of"
                    + " floats, as MATLAB writes them.");
        }
        return images;
    }

    private static int[] listed(DatasetSpec spec, int count) {
        FileList list = new FileList(spec, "list");
        List<Integer> frames = new ArrayList<>();
        for (String[] line : list.lines()) {
            if (line.length != 1 || !line[0].matches("\\d{1,9}") || Integer.parseInt(line[0]) < 1
                    || Integer.parseInt(line[0]) > count) {
                throw list.refusal(line, "the number of a frame from 1 to " + count);
            }
            frames.add(Integer.parseInt(line[0]) - 1);
        }
        return frames.stream().mapToInt(Integer::intValue).toArray();
    }

    private static int[] ofSplits(DatasetSpec spec, String array, int count) {
        Path splits = spec.setting("splits").map(name -> Files.exists(Path.of(name)) ? Path.of(name)
                : spec.path().resolveSibling(name)).orElse(spec.path().resolveSibling("splits.mat"));
        if (!Files.exists(splits)) {
            throw new FathomException("There is no file " + splits + ", in which the authors say which frames are for"
                    + " testing: download splits.mat from the data set's page, or name it with splits=FILE.");
        }
        double[] numbers = new Mat5File(splits).arrays().get(array);
        if (numbers == null || numbers.length == 0) {
            throw new FathomException("The file " + splits + " has no array " + array
                    + ": expected NYU's splits.mat, with trainNdxs and testNdxs.");
        }
        int[] frames = new int[numbers.length];
        for (int i = 0; i < frames.length; i++) {
            frames[i] = (int) numbers[i] - 1;
            if (frames[i] != numbers[i] - 1 || frames[i] < 0 || frames[i] >= count) {
                throw new FathomException("The file " + splits + " names frame " + numbers[i] + " in " + array
                        + ", but there are frames 1 to " + count + ": check that the files belong together.");
            }
        }
        return frames;
    }

    @Override
    public int size() {
        return frames.length;
    }

    @Override
    public String name(int index) {
        return file + "#" + (frames[index] + 1);
    }

    /** Of the file's size, the depths chosen and the frames: the same wherever the file lies. */
    @Override
    public String fingerprint() {
        try {
            return ContentHash.of(List.of("nyu-labeled", Long.toString(Files.size(file)), depths,
                    Arrays.toString(frames))).hex();
        } catch (IOException e) {
            throw new FathomException("The file " + file + " cannot be looked at (" + e + "): check its permissions.", e);
        }
    }

    @Override
    public DepthSample sample(int index) {
        int width = size[0];
        int height = size[1];
        byte[] planes;
        float[] columns;
        try {
            synchronized (arrays) {
                planes = arrays.bytes("images", new int[] {frames[index], 0, 0, 0}, new int[] {1, 3, width, height});
                columns = arrays.floats(depths, new int[] {frames[index], 0, 0}, new int[] {1, width, height});
            }
        } catch (Hdf5Exception e) {
            throw FrameException.of(file, e);
        }
        Picture picture = Picture.blank(width, height);
        float[] depth = new float[width * height];
        for (int y = 0, i = 0; y < height; y++) {
            for (int x = 0; x < width; x++, i++) {
                for (int c = 0; c < 3; c++) {
                    picture.rgb()[3 * i + c] = planes[(c * width + x) * height + y];
                }
                depth[i] = columns[x * height + y];
            }
        }
        int repaired = NyuHdf5Dataset.makeHoles(depth);
        return new DepthSample(name(index), picture, depth, repaired, width == WIDTH && height == HEIGHT
                ? Optional.of(CAMERA) : Optional.empty());
    }

    @Override
    public void close() {
        arrays.close();
    }
}
