package dev.fathom.training.data.sets;

import dev.fathom.training.data.DepthDataset;
import java.util.Map;
import java.util.function.Function;

/**
 * A layout of files on disk that Fathom reads.
 *
 * @param name what a user types: {@code kitti}
 * @param description one line: what lies where, in which unit
 * @param settings what may be set, by key, each with one line about its values
 * @param opener finds the files and checks the first; fails with one sentence
 */
public record DatasetFormat(String name, String description, Map<String, String> settings,
        Function<DatasetSpec, DepthDataset> opener) {
}
