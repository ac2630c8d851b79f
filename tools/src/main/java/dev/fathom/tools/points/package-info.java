/**
 * Point clouds: a depth map and its camera become points in space. {@link dev.fathom.tools.points.GridPoints} makes
 * them one a pixel, {@link dev.fathom.tools.points.EdgeCut} takes away what hangs between things, {@link
 * dev.fathom.tools.points.VoxelPoints} thins them out, {@link dev.fathom.tools.points.PlyFile} writes them and {@link
 * dev.fathom.tools.points.CloudView} draws them. Nothing but a depth map is ever held for every pixel.
 */
package dev.fathom.tools.points;
