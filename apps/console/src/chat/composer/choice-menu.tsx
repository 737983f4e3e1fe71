import { Menu, Text, UnstyledButton } from '@mantine/core'
import { IconCheck, IconChevronDown } from '@tabler/icons-react'
import classes from './composer.module.css'

interface ChoiceMenuProps<T extends string> {
  /** What is chosen: `Model`. */
  label: string
  /** What holds while nothing is chosen. */
  fallback: string
  choices: readonly { value: T; label: string; hint?: string }[]
  value: T | null
  onChange: (value: T | null) => void
}

/** One of a few, or none: small while it is not wanted, and with a word to each when it is. */
export function ChoiceMenu<T extends string>({ label, fallback, choices, value, onChange }: ChoiceMenuProps<T>) {
  const shown = choices.find((choice) => choice.value === value)?.label ?? fallback
  return (
    <Menu position="top-start" width="max-content">
      <Menu.Target>
        <UnstyledButton className={classes['option']} aria-label={`${label}: ${shown}`}>
          <Text span size="xs" truncate>{shown}</Text>
          <IconChevronDown size={12} aria-hidden />
        </UnstyledButton>
      </Menu.Target>
      <Menu.Dropdown className={classes['choices']}>
        <Menu.Label>{label}</Menu.Label>
        <Menu.Item rightSection={value === null && <IconCheck size={14} aria-label="chosen" />} onClick={() => onChange(null)}>{fallback}</Menu.Item>
        {choices.map((choice) => (
          <Menu.Item key={choice.value} rightSection={value === choice.value && <IconCheck size={14} aria-label="chosen" />} onClick={() => onChange(choice.value)}>
            {choice.label}
            {choice.hint !== undefined && <Text span display="block" size="xs" c="dimmed" maw={300}>{choice.hint}</Text>}
          </Menu.Item>
        ))}
      </Menu.Dropdown>
    </Menu>
  )
}
