import {
  Masthead,
  MastheadBrand,
  MastheadContent,
  MastheadLogo,
  MastheadMain,
  MastheadToggle,
  Nav,
  NavItem,
  NavList,
  Page,
  PageSidebar,
  PageSidebarBody,
  PageToggleButton,
  SkipToContent,
  Toolbar,
  ToolbarContent,
  ToolbarGroup,
  ToolbarItem,
} from '@patternfly/react-core'
import { BarsIcon } from '@patternfly/react-icons'
import { useEffect, useState, type ReactNode } from 'react'
import { Link, useLocation } from 'react-router'

import { AccountMenu } from './account-menu.tsx'
import { LiveLabel, LiveProvider } from './live.tsx'
import { ToastProvider } from './toasts.tsx'

const places = [
  { to: '/inbox', name: 'Inbox' },
  { to: '/activity', name: 'Activity' },
  { to: '/loops', name: 'Loops' },
  { to: '/controls', name: 'Controls' },
] as const

const mainId = 'main'

/** What stands around every page. */
export function Shell({ children }: { readonly children: ReactNode }): ReactNode {
  const { pathname } = useLocation()
  const [open, setOpen] = useState(isWide)
  const here = places.find(({ to }) => pathname.startsWith(to))
  useEffect(() => {
    // On a phone the menu lies over the page that was chosen from it.
    if (!isWide()) setOpen(false)
  }, [pathname])

  const masthead = (
    <Masthead display={{ default: 'inline' }}>
      <MastheadMain>
        <MastheadToggle>
          <PageToggleButton
            aria-label="Menu"
            isSidebarOpen={open}
            onSidebarToggle={() => setOpen(!open)}
          >
            <BarsIcon />
          </PageToggleButton>
        </MastheadToggle>
        <MastheadBrand>
          <MastheadLogo component={Home}>Loop Engine</MastheadLogo>
        </MastheadBrand>
      </MastheadMain>
      <MastheadContent>
        <Toolbar isStatic aria-label="Account">
          <ToolbarContent>
            <ToolbarGroup align={{ default: 'alignEnd' }}>
              <ToolbarItem alignSelf="center">
                <LiveLabel />
              </ToolbarItem>
              <ToolbarItem>
                <AccountMenu />
              </ToolbarItem>
            </ToolbarGroup>
          </ToolbarContent>
        </Toolbar>
      </MastheadContent>
    </Masthead>
  )
  const sidebar = (
    <PageSidebar isSidebarOpen={open}>
      <PageSidebarBody>
        <Nav aria-label="Pages">
          <NavList>
            {places.map(({ to, name }) => (
              <NavItem key={to} isActive={to === here?.to} to={to} component={PageLink}>
                {name}
              </NavItem>
            ))}
          </NavList>
        </Nav>
      </PageSidebarBody>
    </PageSidebar>
  )
  return (
    <LiveProvider>
      <Page
        masthead={masthead}
        sidebar={sidebar}
        skipToContent={<SkipToContent href={`#${mainId}`}>Skip to content</SkipToContent>}
        mainContainerId={mainId}
      >
        <ToastProvider>{children}</ToastProvider>
      </Page>
    </LiveProvider>
  )
}

/** The library keeps `to` for itself and hands on `href`. */
function PageLink({ href = '', ...props }: { readonly href?: string }): ReactNode {
  return <Link {...props} to={href} />
}

function Home(props: Readonly<Record<string, unknown>>): ReactNode {
  return <Link {...props} className="home" to="/inbox" />
}

function isWide(): boolean {
  return matchMedia('(min-width: 75rem)').matches
}
