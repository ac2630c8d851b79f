/**
 * Files with a number for each pixel, of whatever tool, and what their numbers mean: {@link
 * dev.fathom.training.data.maps.MapFile} reads a {@link dev.fathom.training.data.maps.RawMap} as it stands in the file,
 * a {@link dev.fathom.training.data.maps.MapMeaning} makes metres of it.
 */
package dev.fathom.training.data.maps;
