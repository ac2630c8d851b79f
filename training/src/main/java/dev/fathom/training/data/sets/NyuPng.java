package dev.fathom.training.data.sets;

import dev.fathom.engine.errors.FathomException;
import dev.fathom.training.data.DepthDataset;
import dev.fathom.training.data.DepthSample;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * NYU Depth V2 as pairs of pictures, the form that most training code passes on: depth as 16-bit PNG in millimetres.
 *
 * <p>By a list with {@code rgb depth} and perhaps a focal length in each line, or as folders {@code rgb/} and {@code
 * depth/} of the same names. A line whose depth is the word None says that the frame has none, and is left out.
 */
final class NyuPng {
    static final DatasetFormat FORMAT = new DatasetFormat("nyu-png",
            "pairs of a picture and a 16-bit PNG in millimetres: folders rgb and depth with the same names, or a list",
            Map.of("list", "a text file with 'rgb depth' in each line, perhaps with a focal length behind"),
            NyuPng::open);

    private static final double PER_METRE = 1000;

    private NyuPng() {
    }

    static DepthDataset open(DatasetSpec spec) {
        List<PairedDataset.Pair> pairs = spec.setting("list").isPresent() ? listed(spec) : found(spec.path());
        return new PairedDataset(spec, pairs, NyuPng::read);
    }

    private static List<PairedDataset.Pair> listed(DatasetSpec spec) {
        FileList list = new FileList(spec, "list").ofAtLeast(2, "the paths of a picture and of its depth");
        list.lines().removeIf(line -> line[1].equals("None"));
        if (list.lines().isEmpty()) {
            return List.of();
        }
        return PairedDataset.pairs(spec, list);
    }

    private static List<PairedDataset.Pair> found(Path root) {
        Map<String, Path> pictures = new HashMap<>();
        for (Path picture : PairedDataset.find(root.resolve("rgb"), below -> below.matches(".*\\.(png|jpg)"))) {
            pictures.put(stem(root.resolve("rgb"), picture), picture);
        }
        List<PairedDataset.Pair> pairs = new ArrayList<>();
        for (Path depth : PairedDataset.find(root.resolve("depth"), below -> below.endsWith(".png"))) {
            Path picture = pictures.remove(stem(root.resolve("depth"), depth));
            if (picture == null) {
                throw new FathomException("The depth " + depth + " has no picture of its name in " + root.resolve("rgb")
                        + ": bring it back, or move the depth away.");
            }
            pairs.add(new PairedDataset.Pair(picture, depth));
        }
        if (!pictures.isEmpty()) {
            throw new FathomException("The picture " + pictures.values().stream().sorted().findFirst().orElseThrow()
                    + (pictures.size() == 1 ? "" : " and " + (pictures.size() - 1) + " more") + " has no depth of its name"
                    + " in " + root.resolve("depth") + ": bring it back, or move the picture away.");
        }
        return pairs;
    }

    private static String stem(Path folder, Path file) {
        return PairedDataset.below(folder, file).replaceFirst("\\.[^.]*$", "");
    }

    private static DepthSample read(PairedDataset.Pair pair) {
        return FrameFiles.sample(pair.image(), FrameFiles.picture(pair.image()), pair.depth(),
                FrameFiles.gray16(pair.depth(), PER_METRE), Optional.empty());
    }
}
