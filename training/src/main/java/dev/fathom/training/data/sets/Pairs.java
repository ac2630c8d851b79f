package dev.fathom.training.data.sets;

import dev.fathom.engine.errors.FathomException;
import dev.fathom.nn.checkpoint.ContentHash;
import dev.fathom.training.data.DepthDataset;
import dev.fathom.training.data.DepthSample;
import dev.fathom.training.data.maps.MapFile;
import dev.fathom.training.data.maps.MapMeaning;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeSet;

/**
 * Pictures with depth maps of any kind, described by whoever brings them: which files belong together ({@link PairsList}
 * or {@link PairsFolders}) and what the numbers of the maps mean ({@link MapMeaning}). Nothing is guessed: a set whose
 * unit is not said is refused.
 */
final class Pairs implements DepthDataset {
    static final DatasetFormat FORMAT = new DatasetFormat("pairs",
            "your own pictures and depth maps (" + String.join(" ", MapFile.ENDINGS) + "), DIODE and iBims-1 among them: a"
            + " list (CSV, TSV or text), or patterns of names; unit, polarity and invalid numbers as you say", settings(),
            Pairs::open);

    private static final String NAME = "The data set pairs";
    /** Settings that say which files there are: not what the numbers mean. */
    private static final List<String> OF_PATTERNS = List.of("image", "depth", "mask", "camera");

    private final Path root;
    private final List<PairsFrame> frames;
    private final PairsFrame.Rules rules;

    private Pairs(Path root, List<PairsFrame> frames, PairsFrame.Rules rules) {
        this.root = root;
        this.frames = List.copyOf(frames);
        this.rules = rules;
    }

    private static Map<String, String> settings() {
        Map<String, String> settings = new LinkedHashMap<>(MapMeaning.settings());
        settings.put("array", "of .npz, .h5 or .mat files with several arrays: which one is the depth");
        settings.put("masked", "what numbers of a mask other than 0 mark: valid (default) or invalid pixels");
        settings.put("list", "a line a frame, columns divided by commas, tabs or blanks; or PATH is the list itself");
        settings.put("columns", "the list's columns: image, depth, mask, camera (a file) or fx, fy, cx, cy, and - for others;"
                + " otherwise its first line names them, or there are two, image and depth");
        settings.put("image", "without a list: a folder, or a pattern with one *, such as *.png or rgb/*.jpg");
        settings.put("depth", "the same of the depth maps, where * stands for the same text: *_depth.npy or depth/*.png");
        settings.put("mask", "the same of masks, several divided by +");
        settings.put("camera", "the same of text files with fx fy cx cy or a camera matrix");
        return settings;
    }

    static DepthDataset open(DatasetSpec spec) {
        boolean isList = Files.isRegularFile(spec.path());
        if (!Files.exists(spec.path())) {
            throw new FathomException("There is no " + spec.path() + ": expected the folder that the data set lies in, or a"
                    + " list of its frames.");
        }
        if (!isList && spec.setting("list").isEmpty()) {
            return open(spec, spec.path(), PairsFolders.of(spec).frames(), Map.of());
        }
        for (String key : OF_PATTERNS) {
            if (spec.setting(key).isPresent()) {
                throw new FathomException(NAME + " takes a list or " + key + "=PATTERN, not both; the list has columns.");
            }
        }
        if (isList && spec.setting("list").isPresent()) {
            throw new FathomException(NAME + " has a file as its path and list=FILE: expected one of them, the other is the"
                    + " folder that the files lie in.");
        }
        Path file = isList ? spec.path() : FileList.locate(spec, spec.setting("list").orElseThrow());
        Path folder = isList ? spec.path().toAbsolutePath().getParent() : spec.path();
        PairsList list = new PairsList(file, spec.setting("columns").orElse(null));
        for (String key : new TreeSet<>(list.settings().keySet())) {
            if (!FORMAT.settings().containsKey(key) || OF_PATTERNS.contains(key) || key.equals("list")
                    || key.equals("columns")) {
                throw new FathomException("The list of frames " + file + " sets '" + key + "': expected array, masked, "
                        + String.join(", ", MapMeaning.settings().keySet()) + ".");
            }
        }
        return open(spec, folder, list.frames(folder), list.settings());
    }

    /** @param declared what a list says itself; what was typed wins */
    private static DepthDataset open(DatasetSpec spec, Path root, List<PairsFrame> frames, Map<String, String> declared) {
        Map<String, String> settings = new LinkedHashMap<>(declared);
        if (spec.setting("unit").isPresent() || spec.setting("scale").isPresent()) {
            settings.keySet().removeAll(List.of("unit", "scale"));
        }
        settings.putAll(spec.settings());
        MapMeaning meaning = MapMeaning.of(NAME, settings);
        if (meaning.relative()) {
            throw new FathomException(NAME + " has unit=none, but a data set is in metres: expected unit or scale.");
        }
        String masked = settings.getOrDefault("masked", "valid");
        if (!List.of("valid", "invalid").contains(masked)) {
            throw new FathomException(NAME + " has masked=" + masked + ": expected valid or invalid.");
        }
        if (frames.isEmpty()) {
            throw new FathomException("There is no frame in " + spec + ": expected pictures and depth maps of its patterns,"
                    + " or a list of them.");
        }
        return new Pairs(root, frames, new PairsFrame.Rules(meaning, settings.get("array"), masked.equals("invalid")));
    }

    @Override
    public int size() {
        return frames.size();
    }

    @Override
    public DepthSample sample(int index) {
        return frames.get(index).read(rules);
    }

    @Override
    public String name(int index) {
        return frames.get(index).image().toString();
    }

    @Override
    public Optional<String> declared() {
        return Optional.of(rules.toString());
    }

    /** Of what was declared, the files' paths below the root and their sizes now: the same wherever the set lies. */
    @Override
    public String fingerprint() {
        List<String> parts = new ArrayList<>(List.of(rules.toString()));
        for (PairsFrame frame : frames) {
            for (Path file : frame.files()) {
                parts.add(PairedDataset.below(root, file));
                parts.add(Long.toString(PairedDataset.bytes(file)));
            }
            parts.add(String.valueOf(frame.camera()));
        }
        return ContentHash.of(parts).hex();
    }
}
