/** By itself, so that it is loaded when tags are changed and not before. */
export { TagsInput } from '@mantine/core'
