package dev.fathom.tools.cli;

import dev.fathom.engine.errors.FathomException;
import dev.fathom.training.data.DepthDataset;
import dev.fathom.training.data.MixedDataset;
import dev.fathom.training.data.SkipBad;
import dev.fathom.training.data.sets.DatasetFormats;
import dev.fathom.training.data.sets.DatasetSpec;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/**
 * A data set as it was typed.
 *
 * @param spec what is meant
 * @param plain whether only the folder was typed, which means NYU-layout HDF5
 */
public record DatasetText(DatasetSpec spec, boolean plain) {
    /** The beginning of NAME:PATH; a single letter before the colon is a drive of Windows. */
    private static final Pattern NAMED = Pattern.compile("[A-Za-z][A-Za-z0-9_-]+:.*");

    /** A folder of NYU-layout HDF5. */
    public static DatasetText ofFolder(Path folder) {
        return new DatasetText(new DatasetSpec(DatasetFormats.named(DatasetFormats.NYU_H5), folder, Map.of()), true);
    }

    /** Reads NAME:PATH[,key=value] for picocli. */
    public static final class Named implements ITypeConverter<DatasetText> {
        @Override
        public DatasetText convert(String text) {
            try {
                return new DatasetText(DatasetSpec.parse(text), false);
            } catch (FathomException e) {
                throw new TypeConversionException(e.getMessage());
            }
        }
    }

    /** Reads the same or a folder's path; where there is a folder of exactly this name, it is that. */
    public static final class NamedOrFolder implements ITypeConverter<DatasetText> {
        @Override
        public DatasetText convert(String text) {
            boolean named = NAMED.matcher(text).matches() && !Files.exists(Path.of(text));
            return named ? new Named().convert(text) : ofFolder(Path.of(text));
        }
    }

    /**
     * Opens it.
     *
     * @param skipBad where frames may be left out, the first of them may be such a one
     */
    public DepthDataset open(SkipBad skipBad) {
        return DatasetFormats.open(spec, skipBad.skips() ? DepthDataset.LOOKS : 1);
    }

    /**
     * Opens one, or several as one: mixed by their weights where they have some. They are called by format and path, or
     * by all that was typed where that does not tell them apart.
     */
    public static DepthDataset open(List<DatasetText> texts, SkipBad skipBad) {
        if (texts.size() == 1) {
            return texts.getFirst().open(skipBad);
        }
        boolean apart = texts.stream().map(DatasetText::brief).distinct().count() == texts.size();
        return new MixedDataset(texts.stream().map(text -> new MixedDataset.Part(apart ? text.brief()
                : text.withoutWeight(), text.open(skipBad), text.spec.weight().orElse(Double.NaN))).toList());
    }

    private String brief() {
        return new DatasetText(new DatasetSpec(spec.format(), spec.path(), Map.of()), plain).toString();
    }

    /** What to call it: what was typed but the weight. */
    String withoutWeight() {
        Map<String, String> settings = new HashMap<>(spec.settings());
        settings.remove(DatasetSpec.WEIGHT);
        return new DatasetText(new DatasetSpec(spec.format(), spec.path(), settings), plain).toString();
    }

    /** The same wherever the program is called from. */
    public DatasetText absolute() {
        return new DatasetText(spec.absolute(), plain);
    }

    /** What was typed. */
    @Override
    public String toString() {
        return plain ? spec.path().toString() : spec.toString();
    }
}
