package dev.fathom.training.evaluation.predictions;

import dev.fathom.engine.errors.FathomException;
import dev.fathom.training.data.TypedSettings;
import dev.fathom.training.data.maps.MapMeaning;
import dev.fathom.training.evaluation.protocol.Crop;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A folder of predicted maps and what their numbers mean: {@code [NAME=]DIR,key=value...}.
 *
 * <pre>
 * zoe=results/zoedepth,unit=mm,invalid=0
 * results/midas,quantity=disparity,unit=none,suffix=-dpt_large
 * </pre>
 *
 * @param name what tables call it
 * @param folder where the maps lie, with its subfolders; or a .npy file of all of them, [N,H,W] in the pictures' order
 * @param settings the rest, by key; only keys that there are
 */
public record PredictionSpec(String name, Path folder, Map<String, String> settings) {
    /** Which array of a .npz or HDF5 file. */
    static final String ARRAY = "array";
    /** What stands between a picture's name and the ending of its map. */
    static final String SUFFIX = "suffix";
    /** How maps are found. */
    static final String BY = "by";
    /** What part of a picture its map shows. */
    static final String COVERS = "covers";
    /** What happens to a picture without a map. */
    static final String MISSING = "missing";

    private static final Pattern NAMED = Pattern.compile("([\\w.+-]+)=(.*)");

    /** Every key, each with one line about its values. */
    public static Map<String, String> keys() {
        Map<String, String> keys = MapMeaning.settings();
        keys.put(ARRAY, "which array of a .npz or HDF5 file, if it has several");
        keys.put(SUFFIX, "what stands between a picture's name and the ending of its map's file: _depth");
        keys.put(BY, "name (default): a map is called as its picture; order: the first map in the order of names belongs to"
                + " the first picture");
        keys.put(COVERS, "which crop of a picture its map shows: none (default), all of it; kb, box=T,B,L,R...");
        keys.put(MISSING, "of pictures without a map: stop (default) or skip");
        return keys;
    }

    /** Checks the keys. */
    public PredictionSpec {
        settings = Map.copyOf(settings);
        for (String key : settings.keySet().stream().sorted().toList()) {
            if (!keys().containsKey(key)) {
                throw new FathomException("--predictions has no setting '" + key + "'; it has " + String.join(", ",
                        keys().keySet()) + ".");
            }
        }
        choice(settings, BY, "name", "order");
        choice(settings, MISSING, "stop", "skip");
    }

    /**
     * Reads what a user typed. Nothing is opened.
     *
     * @throws FathomException if a setting is unknown, named twice, or makes no sense
     */
    public static PredictionSpec parse(String text) {
        TypedSettings typed = TypedSettings.parse("--predictions", text);
        Matcher named = NAMED.matcher(typed.head());
        boolean hasName = named.matches();
        String folder = hasName ? named.group(2) : typed.head();
        if (folder.isBlank()) {
            throw new FathomException("--predictions '" + text + "' names no folder; expected [NAME=]DIR,key=value.");
        }
        Path path = Path.of(folder);
        PredictionSpec spec = new PredictionSpec(hasName ? named.group(1) : String.valueOf(path.getFileName()), path,
                typed.settings());
        spec.meaning();
        spec.covers();
        return spec;
    }

    /** What the numbers mean. */
    MapMeaning meaning() {
        return MapMeaning.of("--predictions " + folder, settings);
    }

    /** What part of a picture its map shows. */
    Crop covers() {
        return Crop.parse("covers", settings.getOrDefault(COVERS, "none"));
    }

    boolean byOrder() {
        return settings.getOrDefault(BY, "name").equals("order");
    }

    boolean skipsMissing() {
        return settings.getOrDefault(MISSING, "stop").equals("skip");
    }

    private static void choice(Map<String, String> settings, String key, String... words) {
        String value = settings.getOrDefault(key, words[0]);
        if (!List.of(words).contains(value)) {
            throw new FathomException("--predictions has no " + key + "=" + value + "; expected " + String.join(" or ",
                    words) + ".");
        }
    }
}
